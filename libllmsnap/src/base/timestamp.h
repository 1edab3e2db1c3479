// Moments as text: as we write them, the same in every log, and as others may.
// Thread rule: pure functions.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace llmsnap {

/// `2026-01-31T23:59:59.999Z`.
std::string utc_timestamp(std::chrono::system_clock::time_point time);

/// Of RFC 3339, any offset; digits of a second behind the millisecond are dropped, a leap second
/// counts as the one before. Nothing: it is none.
std::optional<std::chrono::system_clock::time_point> parsed_timestamp(std::string_view text);

}  // namespace llmsnap
