// Numbers, durations and sizes as a config file spells them. Pure functions of the text of a
// scalar. Thread rule: pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace llmsnap {

/// A decimal integer; no leading zeros, no exponent, no unit.
std::optional<std::int64_t> parse_integer(std::string_view text);

/// true/false, yes/no, y/n, on/off, in any case.
std::optional<bool> parse_boolean(std::string_view text);

/// `250ms`, `30s`, `10m`, `1.5h`, `1m30s`, `2d`; a number without a unit is seconds. Not negative,
/// at most 100 years.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

/// `64MiB`, `64MB`, `1.5GiB`, `512B`, in any case; a whole number without a unit is bytes.
std::optional<std::uint64_t> parse_size(std::string_view text);

}  // namespace llmsnap
