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

/// Of the character that `text` begins with, if a terminal shows it; 0: it does not.
std::size_t character_size(std::string_view text) {
  const unsigned first = byte_at(text, 0);
  if (first < 0x80) {
    return (first >= 0x20 && first != 0x7f) || first == '\t' ? 1 : 0;
  }
  const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  const bool is_lead = first >= 0xc2 && first <= 0xf4;
  const bool is_control = first == 0xc2 && byte_at(text, 1) < 0xa0;
  for (std::size_t at = 1; at < size; ++at) {
    if ((byte_at(text, at) & 0xc0) != 0x80) {
      return 0;
    }
  }
  return is_lead && !is_control ? size : 0;
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
