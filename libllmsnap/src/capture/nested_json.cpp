#include "capture/nested_json.h"

#include <charconv>

namespace llmsnap::capture {
namespace {

constexpr std::string_view EventStart = "data:";
constexpr std::string_view QuoteCode = "0022";
constexpr std::string_view NumberCharacters = "0123456789+-.eE";

char unescaped(char c) {
  switch (c) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return c;
  }
}

/// The first byte from `place` on that a string may end at, or that begins an escape.
std::size_t skip_plain(std::string_view text, std::size_t place) {
  while (place < text.size() && text[place] != '"' && text[place] != '\\' && text[place] != '\n') {
    ++place;
  }
  return place;
}

}  // namespace

NestedJson::Character NestedJson::decoded(std::size_t place, unsigned level) const {
  if (level == 1 || text_[place] != '\\') {
    return {text_[place], place + 1};
  }
  const Character first = decoded(place, level - 1);
  if (first.is != '\\' || first.end >= size()) {
    return first;
  }
  const Character second = decoded(first.end, level - 1);
  return second.is == 'u' ? code(second.end, level - 1)
                          : Character{unescaped(second.is), second.end};
}

/// Behind `\u`.
NestedJson::Character NestedJson::code(std::size_t place, unsigned level) const {
  char digits[4] = {};
  for (char& digit : digits) {
    if (place < size()) {
      const Character next = decoded(place, level);
      digit = next.is;
      place = next.end;
    }
  }
  unsigned number = 0;
  const bool is_code = std::from_chars(digits, digits + 4, number, 16).ptr == digits + 4;
  return {is_code && number < 0x80 ? static_cast<char>(number) : '\x80', place};
}

std::size_t NestedJson::skip_blanks(std::size_t place) const {
  while (place < size()) {
    const Character c = at(place);
    if (!ascii::is_space(c.is)) {
      break;
    }
    place = c.end;
  }
  return place;
}

NestedJson::String NestedJson::string_at(std::size_t place) const {
  String string{.begin = place, .inner_begin = at(place).end};
  place = string.inner_begin;
  while ((place = skip_plain(text_, place)) < size()) {
    const Character c = at(place);
    if (c.is == '"') {
      string.inner_end = place;
      string.end = c.end;
      return string;
    }
    if (c.is == '\n' && text_.substr(c.end).starts_with(EventStart)) {
      break;
    }
    string.has_escapes |= text_[place] == '\\';
    place = c.end;
    if (c.is == '\\' && place < size()) {
      const Character escaped = at(place);
      place = escaped.end;
      string.has_quotes |=
          escaped.is == '"' || (escaped.is == 'u' && text_.substr(place).starts_with(QuoteCode));
    }
  }
  string.inner_end = string.end = place;
  return string;
}

std::string_view NestedJson::read(std::size_t place, std::span<char> room) const {
  std::size_t count = 0;
  while (place < size() && count < room.size()) {
    const Character c = at(place);
    room[count++] = c.is;
    place = c.end;
  }
  return {room.data(), count};
}

bool ValueItems::next(Item& item) {
  while (!is_over_ && place_ < json_.size()) {
    const NestedJson::Character c = json_.at(place_);
    if (c.is == '"') {
      if (take_string(item)) {
        return true;
      }
    } else if (c.is == '-' || ascii::is_digit(c.is)) {
      take_number(item);
      return true;
    } else {
      take_mark(c);
    }
  }
  return false;
}

/// False: it is a name.
bool ValueItems::take_string(Item& item) {
  const NestedJson::String string = json_.string_at(place_);
  item = {string.begin, string.end};
  place_ = string.end;
  is_over_ = depth_ == 0;
  return is_over_ || string.has_quotes || !json_.has(':', json_.skip_blanks(string.end));
}

void ValueItems::take_number(Item& item) {
  item.begin = place_;
  while (place_ < json_.size()) {
    const NestedJson::Character c = json_.at(place_);
    if (NumberCharacters.find(c.is) == NumberCharacters.npos) {
      break;
    }
    place_ = c.end;
  }
  item.end = place_;
  is_over_ = depth_ == 0;
}

void ValueItems::take_mark(NestedJson::Character mark) {
  if (mark.is == '[' || mark.is == '{') {
    ++depth_;
  } else if (mark.is == ']' || mark.is == '}') {
    --depth_;
  }
  is_over_ = depth_ <= 0;
  place_ = depth_ < 0 ? place_ : mark.end;
}

}  // namespace llmsnap::capture
