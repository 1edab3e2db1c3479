// bytes_of: a text of the vector files as the bytes it stands for.
// Thread rule: a pure function.
#pragma once

#include <string>

namespace llmsnap::test {

/// The files are JSON, and so UTF-8, but each of their characters (U+0000 to U+00FF) is one byte.
inline std::string bytes_of(const std::string& utf8) {
  std::string bytes;
  for (std::size_t at = 0; at < utf8.size(); ++at) {
    const auto lead = static_cast<unsigned char>(utf8[at]);
    if (lead < 0x80) {
      bytes += utf8[at];
    } else {
      const auto trail = static_cast<unsigned char>(utf8[++at]);
      bytes += static_cast<char>((lead & 0x03U) << 6 | (trail & 0x3fU));
    }
  }
  return bytes;
}

}  // namespace llmsnap::test
