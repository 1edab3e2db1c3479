// unbase64: the bytes of a base64 text, as captures have bodies.
// Thread rule: a pure function.
#pragma once

#include <string>
#include <string_view>

namespace llmsnap::test {

inline std::string unbase64(const std::string& text) {
  constexpr std::string_view Alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  unsigned bits = 0;
  int count = 0;
  for (const char c : text) {
    const auto value = Alphabet.find(c);
    if (value == std::string_view::npos) {
      break;
    }
    bits = bits << 6 | static_cast<unsigned>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes.push_back(static_cast<char>(bits >> count & 0xff));
    }
  }
  return bytes;
}

}  // namespace llmsnap::test
