// Byte classes of HTTP/1.1 as one table: the readers of this layer cannot disagree.
// Thread rule: constants and pure functions.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/ascii.h"

namespace llmsnap::wire::grammar {

enum Class : std::uint8_t {
  Token = 1,    ///< tchar: methods and field names
  Value = 2,    ///< field values: HTAB, SP, VCHAR and obs-text
  Path = 4,     ///< what may stand in a path; what browsers leave unescaped there is included
  Query = 8,    ///< the same for a query, further `?` included
  Target = 16,  ///< Path or Query: a request target as a whole
  Host = 32,    ///< registered names: letters, digits and -._~
  Hex = 64,
  Digit = 128,
};

constexpr std::array<std::uint8_t, 256> make_classes() {
  std::array<std::uint8_t, 256> table{};
  const auto add = [&table](std::string_view bytes, unsigned classes) {
    for (const char c : bytes) {
      auto& entry = table[static_cast<unsigned char>(c)];
      entry = static_cast<std::uint8_t>(entry | classes);
    }
  };
  const unsigned target = Path | Query | Target;
  add("ABCDEFabcdef", Hex);
  add("0123456789", Hex | Digit);
  add("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", Token | Host | target);
  add("!#$%&'*+-.^_`|~", Token);
  add("-._~", Host | target);
  add("!$&'()*+,;=:@/%[]|", target);
  add("?^`{}", Query | Target);
  for (unsigned byte = 0; byte < table.size(); ++byte) {
    if (byte == '\t' || (byte >= 0x20 && byte != 0x7f)) {
      table[byte] |= Value;
    }
  }
  return table;
}

inline constexpr std::array<std::uint8_t, 256> Classes = make_classes();

constexpr bool is(char c, Class wanted) {
  return (Classes[static_cast<unsigned char>(c)] & wanted) != 0;
}

/// The first byte that is not of the class, or `end`.
inline const char* skip(const char* at, const char* end, Class wanted) {
  while (at != end && is(*at, wanted)) {
    ++at;
  }
  return at;
}

/// skip(at, end, Value), eight bytes at a time.
inline const char* skip_value(const char* at, const char* end) {
  constexpr std::uint64_t Ones = 0x0101010101010101ULL;
  constexpr std::uint64_t High = 0x8080808080808080ULL;
  while (end - at >= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, sizeof word);
    const std::uint64_t del = word ^ (Ones * 0x7f);
    // A borrow may mark a byte too many, never one too few; what is marked is looked at again.
    const std::uint64_t below = (word - Ones * 0x20) & ~word;
    const std::uint64_t zero = (del - Ones) & ~del;
    if (((below | zero) & High) != 0) {
      const char* const stop = skip(at, at + 8, Value);
      if (stop != at + 8) {
        return stop;
      }
    }
    at += 8;
  }
  return skip(at, end, Value);
}

constexpr bool all(std::string_view text, Class wanted) {
  return std::all_of(text.begin(), text.end(), [wanted](char c) { return is(c, wanted); });
}

constexpr bool is_token(std::string_view text) {
  return !text.empty() && all(text, Token);
}

constexpr bool is_space(char c) {
  return c == ' ' || c == '\t';
}

/// Without the optional white space (SP, HTAB) around it.
constexpr std::string_view trim(std::string_view text) {
  return ascii::trimmed(text, is_space);
}

}  // namespace llmsnap::wire::grammar
