#include "config/diagnostics.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <system_error>
#include <utility>

#include "base/escape.h"

namespace llmsnap {
namespace {

/// So that a warning stays a line that can be read.
constexpr std::size_t MostPlaces = 8;

}  // namespace

void Diagnostics::add_file(std::string_view name, int lines_before) {
  files_.push_back({escaped(name), lines_before});
}

Error Diagnostics::error(int line, std::string_view key, std::string_view what) const {
  return {ErrorCode::InvalidConfig, message(line, key, what)};
}

void Diagnostics::warn(int line, std::string_view key, std::string_view what) {
  warnings_.push_back({line, std::string(key), std::string(what)});
}

void Diagnostics::unknown_key(int line, std::string_view key, const std::string& pattern,
                              std::string_view what) {
  const auto [told, is_new] = warning_of_.emplace(pattern, warnings_.size());
  if (is_new) {
    warn(line, key, what);
  } else {
    warnings_[told->second].others.push_back(line);
  }
}

bool Diagnostics::may_expand(std::size_t bytes) {
  expanded_bytes_ += bytes;
  return expanded_bytes_ <= MaxExpandedBytes;
}

std::vector<std::string> Diagnostics::warnings() const {
  std::vector<Warning> sorted = warnings_;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Warning& a, const Warning& b) { return a.line < b.line; });
  std::vector<std::string> messages;
  for (const Warning& warning : sorted) {
    std::string text = message(warning.line, warning.key, warning.what);
    std::string_view before = "; also at ";
    for (std::size_t i = 0; i < std::min(warning.others.size(), MostPlaces); ++i) {
      text.append(std::exchange(before, ", ")).append(place(warning.others[i]));
    }
    if (warning.others.size() > MostPlaces) {
      text += fmt::format(" and {} more", warning.others.size() - MostPlaces);
    }
    messages.push_back(std::move(text));
  }
  return messages;
}

std::vector<std::string> Diagnostics::errors() const {
  std::vector<std::string> sorted = errors_;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [this](const auto& a, const auto& b) { return line_of(a) < line_of(b); });
  return sorted;
}

int Diagnostics::line_of(std::string_view message) const {
  for (const File& file : files_) {
    const std::size_t number = file.name.size() + 1;
    int line = 0;
    if (message.size() > number && message.starts_with(file.name) &&
        std::from_chars(message.data() + number, message.data() + message.size(), line).ec ==
            std::errc()) {
      return file.lines_before + line;
    }
  }
  return 0;
}

std::string Diagnostics::place(int line) const {
  File place{"config", 0};
  for (const File& file : files_) {
    if (line > file.lines_before || file.lines_before == 0) {
      place = file;
    }
  }
  return fmt::format("{}:{}", place.name, std::max(line - place.lines_before, 1));
}

std::string Diagnostics::message(int line, std::string_view key, std::string_view what) const {
  return key.empty() ? fmt::format("{}: {}", place(line), what)
                     : fmt::format("{}: {}: {}", place(line), escaped(key), what);
}

}  // namespace llmsnap
