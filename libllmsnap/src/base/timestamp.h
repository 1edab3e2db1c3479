// utc_timestamp: a moment as text, the same in every log.
// Thread rule: a pure function.
#pragma once

#include <chrono>
#include <string>

namespace llmsnap {

/// `2026-01-31T23:59:59.999Z`.
std::string utc_timestamp(std::chrono::system_clock::time_point time);

}  // namespace llmsnap
