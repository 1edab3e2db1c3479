// LogTimeFormat: how log lines tell their time, the config's `logTimeFormat`.
// Thread rule: pure functions, but for the process's time zone, which they read.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace llmsnap {

/// All but the first two are Go's formats of these names, in the time zone of the process.
enum class LogTimeFormat {
  Utc,   ///< `2026-01-31T23:59:59.999Z`; the default
  None,  ///< for where somebody else writes the time, as the journal does
  Ansic,
  UnixDate,
  RubyDate,
  Rfc822,
  Rfc822Z,
  Rfc850,
  Rfc1123,
  Rfc1123Z,
  Rfc3339,
  Rfc3339Nano,
  Kitchen,
  Stamp,
  StampMilli,
  StampMicro,
  StampNano,
};

/// By the lower-case name that the config has for it: "ansic", ..., "none"; the default has none.
std::optional<LogTimeFormat> log_time_format(std::string_view name);

/// That name; empty for the default.
std::string_view name_of(LogTimeFormat format);

/// What stands in front of a line that was written then: the time and a blank, or nothing.
std::string log_time(LogTimeFormat format, std::chrono::system_clock::time_point time);

}  // namespace llmsnap
