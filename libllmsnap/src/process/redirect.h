// Redirect: where the Location of an answer leads, as long as that is the server that was asked.
// Thread rule: a pure function.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/url.h"

namespace llmsnap::process {

/// The target to ask `server` for next, without a fragment; nothing where `location` leads to
/// another scheme, host or port, or to nowhere. `target` is the one that was asked for: relative
/// locations begin there.
std::optional<std::string> redirect_target(const Url& server, std::string_view target,
                                           std::string_view location);

}  // namespace llmsnap::process
