#include "base/base64.h"

#include <algorithm>

namespace llmsnap {

std::string base64_encoded(std::string_view bytes) {
  constexpr std::string_view Alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  constexpr std::size_t GroupBytes = 3;
  std::string text;
  while (!bytes.empty()) {
    const std::size_t count = std::min(bytes.size(), GroupBytes);
    unsigned bits = 0;
    for (std::size_t i = 0; i < GroupBytes; ++i) {
      bits = bits << 8U | (i < count ? static_cast<unsigned char>(bytes[i]) : 0U);
    }
    for (std::size_t i = 0; i <= GroupBytes; ++i) {
      text += i <= count ? Alphabet[bits >> (18 - 6 * i) & 0x3FU] : '=';
    }
    bytes.remove_prefix(count);
  }
  return text;
}

}  // namespace llmsnap
