#include "base/escape.h"

#include <fmt/format.h>

namespace llmsnap {
namespace {

bool is_continuation(std::string_view text, std::size_t index) {
  return index < text.size() && (static_cast<unsigned char>(text[index]) & 0xC0) == 0x80;
}

// U+200E, U+200F, U+2028 to U+202E, U+2066 to U+2069: they end lines or turn the direction of text,
// so that a line reads otherwise than it was written.
bool reorders_lines(std::string_view sequence) {
  const auto last = static_cast<unsigned char>(sequence[2]);
  if (sequence.starts_with("\xE2\x80")) {
    return last == 0x8E || last == 0x8F || (last >= 0xA8 && last <= 0xAE);
  }
  return sequence.starts_with("\xE2\x81") && last >= 0xA6 && last <= 0xA9;
}

// Length of the valid UTF-8 sequence at `at` that is more than one byte; 0 where there is none.
// C1 controls (U+0080 to U+009F) do not count as text: terminals obey them. Nor does what
// reorders_lines names.
std::size_t utf8_length(std::string_view text, std::size_t at) {
  const auto first = static_cast<unsigned char>(text[at]);
  if (!is_continuation(text, at + 1)) {
    return 0;
  }
  const auto second = static_cast<unsigned char>(text[at + 1]);
  if (first >= 0xC2 && first <= 0xDF) {
    return first == 0xC2 && second < 0xA0 ? 0 : 2;
  }
  if (first >= 0xE0 && first <= 0xEF) {
    const bool overlong = first == 0xE0 && second < 0xA0;
    const bool surrogate = first == 0xED && second >= 0xA0;
    const bool whole = !overlong && !surrogate && is_continuation(text, at + 2);
    return whole && !reorders_lines(text.substr(at, 3)) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const bool out_of_range = (first == 0xF0 && second < 0x90) || (first == 0xF4 && second >= 0x90);
    return !out_of_range && is_continuation(text, at + 2) && is_continuation(text, at + 3) ? 4 : 0;
  }
  return 0;
}

void append_escape(std::string& out, char c) {
  switch (c) {
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  }
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c >= 0x20 && c < 0x7F) {
      out += c;
      ++at;
    } else if (const std::size_t length = utf8_length(text, at); length > 0) {
      out += text.substr(at, length);
      at += length;
    } else {
      append_escape(out, c);
      ++at;
    }
  }
  return out;
}

}  // namespace llmsnap
