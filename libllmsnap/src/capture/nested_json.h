// NestedJson: JSON within a text, which may be within strings of JSON in its turn, read where it
// stands. Thread rule: a value; the text must outlive it.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "base/ascii.h"

namespace llmsnap::capture {

/// JSON of level 1 is the text itself, that of level 2 stands in one of its strings, with a
/// backslash before each quote, and so on: what the strings around it escape is read as what it
/// means. Places are those of bytes in the whole text. All JSON ends where the text does.
class NestedJson {
 public:
  struct Character {
    char is;  ///< '\x80' if it is written as a code and is not ASCII
    std::size_t end;
  };

  /// From the first byte of the quote that begins it to behind the one that ends it.
  struct String {
    std::size_t begin = 0;
    std::size_t inner_begin = 0;
    std::size_t inner_end = 0;
    std::size_t end = 0;       ///< that of `inner` where it is cut off
    bool has_escapes = false;  ///< it does not say what its bytes are
    bool has_quotes = false;   ///< escaped ones: JSON may be in it
  };

  explicit NestedJson(std::string_view text, unsigned level = 1) : text_(text), level_(level) {}

  std::string_view text() const { return text_; }
  std::size_t size() const { return text_.size(); }
  unsigned level() const { return level_; }

  /// What begins at `place`, which is before the end.
  Character at(std::size_t place) const {
    const char c = text_[place];
    return c != '\\' || level_ == 1 ? Character{c, place + 1} : decoded(place, level_);
  }

  /// Whether `c` begins at `place`, which may be the end.
  bool has(char c, std::size_t place) const { return place < size() && at(place).is == c; }

  /// The first place from `place` on that is not blank.
  std::size_t skip_blanks(std::size_t place) const;

  /// The string that the quote at `place` begins. It ends before an event of a stream (a line that
  /// begins with `data:`) too: one quote too many spoils one event, and not all that follow.
  String string_at(std::size_t place) const;

  /// What a string says, as JSON whose end is that of the string.
  NestedJson inside(const String& string) const {
    return NestedJson(text_.substr(0, string.inner_end), level_ + 1);
  }

  /// As many of the characters from `place` on as there is room for.
  std::string_view read(std::size_t place, std::span<char> room) const;

 private:
  Character decoded(std::size_t place, unsigned level) const;
  Character code(std::size_t place, unsigned level) const;

  std::string_view text_;
  unsigned level_;
};

/// Goes over the texts and numbers of a value, all of them if it is an array or an object. Names of
/// members are none, but those that may have JSON in them. Takes time as the value is long.
class ValueItems {
 public:
  struct Item {
    std::size_t begin;
    std::size_t end;
  };

  ValueItems(const NestedJson& json, std::size_t place) : json_(json), place_(place) {}

  /// False: there are no more.
  bool next(Item& item);

  /// Behind what was read; of the whole value, once there are no more items.
  std::size_t place() const { return place_; }

 private:
  bool take_string(Item& item);
  void take_number(Item& item);
  void take_mark(NestedJson::Character mark);

  const NestedJson json_;
  std::size_t place_;
  int depth_ = 0;
  bool is_over_ = false;
};

}  // namespace llmsnap::capture
