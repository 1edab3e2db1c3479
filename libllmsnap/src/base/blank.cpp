#include "base/blank.h"

#include <algorithm>
#include <array>

namespace llmsnap {
namespace {

constexpr std::string_view AsciiBlanks = " \t\n\v\f\r";

/// In UTF-8.
constexpr std::array<std::string_view, 19> UnicodeBlanks{
    "\xC2\x85",     "\xC2\xA0",     "\xE1\x9A\x80", "\xE2\x80\x80", "\xE2\x80\x81",
    "\xE2\x80\x82", "\xE2\x80\x83", "\xE2\x80\x84", "\xE2\x80\x85", "\xE2\x80\x86",
    "\xE2\x80\x87", "\xE2\x80\x88", "\xE2\x80\x89", "\xE2\x80\x8A", "\xE2\x80\xA8",
    "\xE2\x80\xA9", "\xE2\x80\xAF", "\xE2\x81\x9F", "\xE3\x80\x80"};

/// The length of the blank at that end of the text, where `outermost` stands; 0: there is none.
template <typename IsAtEnd>
std::size_t blank_at(char outermost, IsAtEnd is_at_end) {
  if (AsciiBlanks.find(outermost) != std::string_view::npos) {
    return 1;
  }
  const auto* found = std::find_if(UnicodeBlanks.begin(), UnicodeBlanks.end(), is_at_end);
  return found != UnicodeBlanks.end() ? found->size() : 0;
}

std::size_t blank_at_start(std::string_view text) {
  return text.empty() ? 0 : blank_at(text.front(), [text](std::string_view blank) {
    return text.starts_with(blank);
  });
}

std::size_t blank_at_end(std::string_view text) {
  return text.empty() ? 0 : blank_at(text.back(), [text](std::string_view blank) {
    return text.ends_with(blank);
  });
}

}  // namespace

std::string_view without_blanks(std::string_view text) {
  while (const std::size_t blank = blank_at_start(text)) {
    text.remove_prefix(blank);
  }
  while (const std::size_t blank = blank_at_end(text)) {
    text.remove_suffix(blank);
  }
  return text;
}

}  // namespace llmsnap
