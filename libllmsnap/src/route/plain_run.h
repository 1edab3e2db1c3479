// skip_plain_run: finds the end of a run of string bytes that mean nothing special in JSON, eight
// at a time. Thread rule: pure functions.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace llmsnap::route {

inline bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20;
}

inline bool ends_plain_run(char c) {
  return c == '"' || c == '\\' || is_control(c);
}

/// The first byte at or after `from` that ends a run of plain string bytes, or `limit`. Reads up to
/// 7 bytes behind `limit`, as PaddedBytes lets it.
inline const char* skip_plain_run(const char* from, const char* limit) {
  constexpr std::uint64_t Ones = 0x0101010101010101;
  constexpr std::uint64_t HighBits = Ones * 0x80;
  for (; from < limit; from += sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, from, sizeof word);
    const std::uint64_t quote = word ^ (Ones * '"');
    const std::uint64_t backslash = word ^ (Ones * '\\');
    const std::uint64_t hits = ((quote - Ones) & ~quote) | ((backslash - Ones) & ~backslash) |
                               ((word - Ones * 0x20) & ~word);
    if ((hits & HighBits) != 0) {
      // A borrow can mark a byte too many, but only in a word that has a true hit as well.
      while (!ends_plain_run(*from)) {
        ++from;
      }
      break;
    }
  }
  return std::min(from, limit);
}

}  // namespace llmsnap::route
