// refusal_error: what the planner refuses with, as an error for the client.
// Thread rule: pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "llmsnap/result.h"
#include "schedule/effect.h"

namespace llmsnap::schedule {

Error refusal_error(const Refuse& refuse);

/// Why a request to an instance at its limit is refused. PURE.
inline std::string at_limit_text(std::string_view name, std::size_t limit) {
  return std::string(name) + " serves " + std::to_string(limit) +
         " requests already, its concurrencyLimit";
}

}  // namespace llmsnap::schedule
