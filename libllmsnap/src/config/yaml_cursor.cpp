#include "config/yaml_cursor.h"

namespace llmsnap {

void YamlCursor::skip(std::size_t characters) {
  for (; characters > 0 && !is_at_end(); --characters) {
    do {
      ++mark_.offset;
    } while ((static_cast<unsigned char>(peek()) & 0xC0U) == 0x80U);
    ++mark_.character;
    ++mark_.column;
  }
}

void YamlCursor::skip_blanks() {
  while (is_at_blank()) {
    skip();
  }
}

void YamlCursor::skip_break() {
  mark_.offset += break_length(0);
  ++mark_.character;
  ++mark_.line;
  mark_.column = 0;
}

void YamlCursor::skip_to_break() {
  while (!is_at_end() && !is_at_break()) {
    skip();
  }
}

void YamlCursor::fail(std::size_t at, std::string_view what) {
  if (!fault_) {
    fault_ = YamlFault{at, what};
  }
  mark_.offset = text_.size();
}

/// Those of YAML 1.1: also NEL, LS and PS.
std::size_t YamlCursor::break_length(std::size_t ahead) const {
  switch (peek(ahead)) {
    case '\n':
      return 1;
    case '\r':
      return peek(ahead + 1) == '\n' ? 2 : 1;
    case '\xC2':
      return peek(ahead + 1) == '\x85' ? 2 : 0;
    case '\xE2':
      return peek(ahead + 1) == '\x80' && (peek(ahead + 2) == '\xA8' || peek(ahead + 2) == '\xA9')
                 ? 3
                 : 0;
    default:
      return 0;
  }
}

}  // namespace llmsnap
