// Hexadecimal digits, and the percent escapes that are written with them.
// Thread rule: pure functions.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/ascii.h"

namespace llmsnap {

inline constexpr unsigned NotHex = 16;

/// The value of a hexadecimal digit, else NotHex.
constexpr unsigned hex_value(char c) {
  if (ascii::is_digit(c)) {
    return static_cast<unsigned>(c - '0');
  }
  const char lower = ascii::to_lower(c);
  return lower >= 'a' && lower <= 'f' ? static_cast<unsigned>(lower - 'a' + 10) : NotHex;
}

constexpr bool is_hex_digit(char c) {
  return hex_value(c) != NotHex;
}

/// Appends the byte at the start of `text`, which is not empty, unescaped, and says how many
/// characters it took: 1, 3, or 0 for a broken escape.
inline std::size_t take_percent_decoded(std::string_view text, std::string& out) {
  if (text[0] != '%') {
    out.push_back(text[0]);
    return 1;
  }
  if (text.size() < 3 || !is_hex_digit(text[1]) || !is_hex_digit(text[2])) {
    return 0;
  }
  out.push_back(static_cast<char>(hex_value(text[1]) * 16 + hex_value(text[2])));
  return 3;
}

/// All of `text` unescaped (`+` stays), or nothing where an escape is broken.
inline std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t taken = take_percent_decoded(text, out);
    if (taken == 0) {
      return std::nullopt;
    }
    text.remove_prefix(taken);
  }
  return out;
}

}  // namespace llmsnap
