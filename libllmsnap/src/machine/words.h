// Lines and words of the texts that the system tells about itself in, and the numbers in them.
// Thread rule: pure functions. PURE.
#pragma once

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

#include "base/ascii.h"

namespace llmsnap::machine {

inline std::string_view trimmed(std::string_view text) {
  return ascii::trimmed(text, ascii::is_space);
}

/// The first line of `text`, which is left with the rest.
inline std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

/// The first word, between blanks; empty where there is none.
inline std::string_view take_word(std::string_view& text) {
  text = trimmed(text);
  const std::size_t end = std::min(text.find_first_of(" \t"), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end);
  return word;
}

/// All of `text`, blanks around it aside, as a number.
template <typename Number>
std::optional<Number> number_in(std::string_view text) {
  text = trimmed(text);
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole ? std::optional(number) : std::nullopt;
}

}  // namespace llmsnap::machine
