// bytes_of: what a text of the vector files stands for: each of its characters is one byte.
// Thread rule: a pure function.
#pragma once

#include <string>

namespace llmsnap::test {

inline std::string bytes_of(const std::string& utf8) {
  std::string bytes;
  for (std::size_t i = 0; i < utf8.size(); ++i) {
    const auto lead = static_cast<unsigned char>(utf8[i]);
    if (lead < 0x80) {
      bytes += utf8[i];
    } else {
      bytes +=
          static_cast<char>(((lead & 0x03) << 6) | (static_cast<unsigned char>(utf8[++i]) & 0x3f));
    }
  }
  return bytes;
}

}  // namespace llmsnap::test
