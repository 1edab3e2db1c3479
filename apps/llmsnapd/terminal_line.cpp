#include "terminal_line.h"

#include <fmt/format.h>

#include <algorithm>

namespace llmsnapd {
namespace {

unsigned byte_at(std::string_view text, std::size_t at) {
  return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
}

/// Of the colour that `text` begins with: ESC [ numbers m; 0: it is none.
std::size_t colour_size(std::string_view text) {
  if (!text.starts_with("\x1b[")) {
    return 0;
  }
  const std::size_t end = text.find_first_not_of("0123456789;:", 2);
  return byte_at(text, end) == 'm' ? end + 1 : 0;
}

/// What may stand behind that first byte of a character: not all, or it would be one that has a
/// shorter form, half of a pair of UTF-16, or beyond Unicode. C1 controls are no text either.
bool may_follow(unsigned first, unsigned second) {
  switch (first) {
    case 0xc2:
    case 0xe0:
      return second >= 0xa0 && second <= 0xbf;
    case 0xed:
      return second >= 0x80 && second <= 0x9f;
    case 0xf0:
      return second >= 0x90 && second <= 0xbf;
    case 0xf4:
      return second >= 0x80 && second <= 0x8f;
    default:
      return second >= 0x80 && second <= 0xbf;
  }
}

/// Of the character that `text` begins with, if a terminal shows it; 0: it does not.
std::size_t character_size(std::string_view text) {
  const unsigned first = byte_at(text, 0);
  if (first < 0x80) {
    return (first >= 0x20 && first != 0x7f) || first == '\t' ? 1 : 0;
  }
  if (first < 0xc2 || first > 0xf4 || !may_follow(first, byte_at(text, 1))) {
    return 0;
  }
  const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  for (std::size_t at = 2; at < size; ++at) {
    if ((byte_at(text, at) & 0xc0) != 0x80) {
      return 0;
    }
  }
  return size;
}

}  // namespace

std::string terminal_line(std::string_view line) {
  std::string shown;
  while (!line.empty()) {
    const std::size_t size = std::max(colour_size(line), character_size(line));
    if (size > 0) {
      shown += line.substr(0, size);
    } else {
      shown += fmt::format("\\x{:02x}", byte_at(line, 0));
    }
    line.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return shown;
}

}  // namespace llmsnapd
