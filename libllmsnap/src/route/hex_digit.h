// hex_value: what a hexadecimal digit stands for, in JSON escapes and in paths.
// Thread rule: a pure function.
#pragma once

#include <cstdint>

namespace llmsnap::route {

/// The value of a hexadecimal digit, or 16.
inline std::uint32_t hex_value(char c) {
  if (c >= '0' && c <= '9') {
    return static_cast<std::uint32_t>(c - '0');
  }
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? static_cast<std::uint32_t>(lower - 'a' + 10) : 16;
}

}  // namespace llmsnap::route
