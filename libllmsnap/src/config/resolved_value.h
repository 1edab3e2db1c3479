// resolved_value: what resolved_json prints, for who adds to it.
// Thread rule: a pure function.
#pragma once

#include <nlohmann/json.hpp>

#include "llmsnap/config.h"

namespace llmsnap {

/// The config under its own keys, every one of them, secrets masked.
nlohmann::ordered_json resolved_value(const Config& config);

}  // namespace llmsnap
