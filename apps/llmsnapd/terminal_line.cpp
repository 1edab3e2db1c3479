#include "terminal_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace llmsnapd {
namespace {

unsigned byte_at(std::string_view text, std::size_t at) {
  return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
}

/// What it is, or none beyond 255, which no colour has.
std::optional<unsigned> number_of(std::string_view digits) {
  unsigned value = 0;
  for (const char digit : digits) {
    value = value * 10 + static_cast<unsigned>(digit - '0');
    if (value > 255) {
      return std::nullopt;
    }
  }
  return value;
}

/// Takes what stands before the next `mark`, and that, off `text`.
std::string_view take_until(char mark, std::string_view& text) {
  const std::string_view taken = text.substr(0, text.find(mark));
  text.remove_prefix(std::min(taken.size() + 1, text.size()));
  return taken;
}

/// How many numbers behind a 38, 48 or 58 are of that colour: its kind, and its index or its red,
/// green and blue.
std::size_t numbers_of_colour(std::string_view behind) {
  const auto kind = number_of(take_until(';', behind));
  return kind == 5U ? 2 : kind == 2U ? 4 : 0;
}

/// All numbers of a colour command, and none of them is 8, which hides what follows.
bool shows_text(std::string_view numbers) {
  constexpr unsigned Hidden = 8;
  std::size_t of_colour = 0;  // of these numbers, so that an 8 is but a colour
  do {
    std::string_view one = take_until(';', numbers);
    const bool has_all = one.find(':') != std::string_view::npos;
    const auto number = number_of(take_until(':', one));
    if (!number || (of_colour == 0 && number == Hidden)) {
      return false;
    }
    const bool begins_colour = number == 38U || number == 48U || number == 58U;
    if (of_colour > 0) {
      --of_colour;
    } else if (begins_colour && !has_all) {
      of_colour = numbers_of_colour(numbers);
    }
  } while (!numbers.empty());
  return of_colour == 0;
}

/// Of the colour that `text` begins with: ESC [ numbers m; 0: it is none that may pass.
std::size_t colour_size(std::string_view text) {
  if (!text.starts_with("\x1b[")) {
    return 0;
  }
  const std::size_t end = text.find_first_not_of("0123456789;:", 2);
  return byte_at(text, end) == 'm' && shows_text(text.substr(2, end - 2)) ? end + 1 : 0;
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
  bool is_coloured = false;
  while (!line.empty()) {
    const std::size_t colour = colour_size(line);
    const std::size_t size = std::max(colour, character_size(line));
    is_coloured = is_coloured || colour > 0;
    if (size > 0) {
      shown += line.substr(0, size);
    } else {
      shown += fmt::format("\\x{:02x}", byte_at(line, 0));
    }
    line.remove_prefix(std::max<std::size_t>(size, 1));
  }
  if (is_coloured) {
    shown += "\x1b[0m";
  }
  return shown;
}

}  // namespace llmsnapd
