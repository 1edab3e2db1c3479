// LineFilter: which lines of a log a reader wants, of text that comes in pieces.
// Thread rule: a plain value.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "llmsnap/config.h"

namespace llmsnap::api {

/// "debug", "info", "warn", "error", in any case.
std::optional<LogLevel> log_level_named(std::string_view name);

class LineFilter {
 public:
  /// Lines of at least that level, and those that have none; with `text` in them, in any case.
  LineFilter(std::optional<LogLevel> least, std::string text)
      : least_(least), text_(std::move(text)) {}

  /// The lines that pass, with their ends. The last one waits for its end, where there is a filter.
  std::string passed(std::string piece);

 private:
  bool passes(std::string_view line) const;

  std::optional<LogLevel> least_;
  std::string text_;
  std::string begun_;  // a line whose end is still to come
};

}  // namespace llmsnap::api
