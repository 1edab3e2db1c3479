// What a client may call a model, in a body of any kind.
// Thread rule: pure functions.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "route/plain_run.h"

namespace llmsnap::route {

inline constexpr std::size_t MaxModelNameBytes = 1024;

/// None may be in a name: it ends up in logs and messages.
inline bool has_control_character(std::string_view name) {
  return std::any_of(name.begin(), name.end(), [](char c) { return is_control(c) || c == 0x7f; });
}

}  // namespace llmsnap::route
