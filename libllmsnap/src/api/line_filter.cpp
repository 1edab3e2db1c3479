#include "api/line_filter.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/ascii.h"

namespace llmsnap::api {
namespace {

/// A time stamp has no more words than this.
constexpr int MostWordsBeforeLevel = 7;
/// A longer one is passed on or dropped as if it ended here: nobody's line takes our memory.
constexpr std::size_t LongestLine = std::size_t{128} * 1024;

std::optional<LogLevel> level_of(std::string_view line) {
  for (int word = 0; word <= MostWordsBeforeLevel && !line.empty(); ++word) {
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    const std::string_view name = line.substr(0, line.find(' '));
    if (const auto level = log_level_named(name); level && name == ascii::lower_case(name)) {
      return level;
    }
    line.remove_prefix(name.size());
  }
  return std::nullopt;
}

}  // namespace

std::optional<LogLevel> log_level_named(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, LogLevel>, 4> Names{
      {{"debug", LogLevel::Debug},
       {"info", LogLevel::Info},
       {"warn", LogLevel::Warn},
       {"error", LogLevel::Error}}};
  for (const auto& [known, level] : Names) {
    if (ascii::equal_ignoring_case(name, known)) {
      return level;
    }
  }
  return std::nullopt;
}

bool LineFilter::passes(std::string_view line) const {
  if (!text_.empty() && !ascii::contains_ignoring_case(line, text_)) {
    return false;
  }
  const auto level = least_ ? level_of(line) : std::nullopt;
  return !level || *level >= *least_;
}

std::string LineFilter::passed(std::string piece) {
  if (!least_ && text_.empty()) {
    return piece;
  }
  begun_ += piece;
  std::string lines;
  std::string_view rest = begun_;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos && rest.size() < LongestLine) {
      break;
    }
    const std::string_view line = rest.substr(0, end == std::string_view::npos ? end : end + 1);
    if (passes(line)) {
      lines += line;
    }
    rest.remove_prefix(line.size());
  }
  begun_.erase(0, begun_.size() - rest.size());
  return lines;
}

}  // namespace llmsnap::api
