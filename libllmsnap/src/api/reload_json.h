// reload_json: how a reload went, as it is told by routes and events.
// Thread rule: a pure function.
#pragma once

#include <string>

#include "llmsnap/reload_report.h"

namespace llmsnap::api {

/// An object: `errors`, and, where there are none, what has changed.
std::string reload_json(const ReloadReport& report);

}  // namespace llmsnap::api
