// resolved_json_with: a config as it is shown, and one thing more.
// Thread rule: a pure function.
#pragma once

#include <string>
#include <string_view>

#include "llmsnap/config.h"

namespace llmsnap {

/// What resolved_json gives, with a last member of that name. `json`: its value.
std::string resolved_json_with(const Config& config, std::string_view name, std::string_view json);

}  // namespace llmsnap
