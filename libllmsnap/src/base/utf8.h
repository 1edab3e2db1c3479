// append_utf8: writes one character of Unicode.
// Thread rule: a pure function.
#pragma once

#include <cstdint>
#include <string>

namespace llmsnap {

/// `code_point`: at most 0x10FFFF. A lone surrogate is written like any other.
inline void append_utf8(std::uint32_t code_point, std::string& out) {
  const auto add = [&out](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code_point < 0x80) {
    add(code_point);
    return;
  }
  if (code_point < 0x800) {
    add(0xc0 | (code_point >> 6));
  } else {
    if (code_point < 0x10000) {
      add(0xe0 | (code_point >> 12));
    } else {
      add(0xf0 | (code_point >> 18));
      add(0x80 | ((code_point >> 12) & 0x3f));
    }
    add(0x80 | ((code_point >> 6) & 0x3f));
  }
  add(0x80 | (code_point & 0x3f));
}

}  // namespace llmsnap
