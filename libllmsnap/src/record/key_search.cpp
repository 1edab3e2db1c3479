#include "record/key_search.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace llmsnap::record {
namespace {

struct Key {
  std::string_view text;
  char value;  // what its value begins with
};

// finish_reason and stop_reason share their end. may_hold_end knows the letters of these keys.
constexpr std::array<Key, 5> Keys = {{{"\"usage\"", '{'},
                                      {"\"timings\"", '{'},
                                      {"\"metrics\"", '{'},
                                      {"_reason\"", '"'},
                                      {"\"stop_type\"", '"'}}};

// Sixteen bytes at once, in the portable spelling of g++ and clang. One look at a time costs more
// than all the rest that is done for an event.
using Bytes = unsigned char __attribute__((vector_size(16)));
using Flags = signed char __attribute__((vector_size(16)));  // what comparing Bytes gives

constexpr std::size_t Width = sizeof(Bytes);
constexpr std::ptrdiff_t ShortestKey = 7;

Bytes load(const char* at) {
  Bytes bytes;
  std::memcpy(&bytes, at, Width);
  return bytes;
}

Flags equal(Bytes bytes, char c) {
  return bytes == (Bytes{} + static_cast<unsigned char>(c));
}

bool any(Flags flags) {
  std::array<std::uint64_t, 2> halves;
  std::memcpy(halves.data(), &flags, Width);
  return (halves[0] | halves[1]) != 0;
}

// Where a key may end: a quote whose second and fourth byte before it are those of a key. Almost no
// other word passes. The first question, for a quote behind one of c, g, k, o and p, is answered
// with no by most of a text.
bool may_hold_end(const char* at) {
  constexpr unsigned char CommonBits = 0xf3;  // of c, g, k and o
  const Bytes second = load(at - 2);
  const Flags ends = equal(load(at), '"');
  if (!any(ends & (equal(second & CommonBits, 'c') | equal(second, 'p')))) {
    return false;
  }
  const Bytes fourth = load(at - 4);
  return any(ends & ((equal(second, 'g') & (equal(fourth, 's') | equal(fourth, 'i'))) |
                     (equal(second, 'c') & equal(fourth, 'r')) |
                     (equal(second, 'o') & equal(fourth, 'a')) |
                     (equal(second, 'p') & equal(fourth, 't'))));
}

const char* skip_space(const char* at, const char* end) {
  return std::find_if(at, end, [](char c) { return c != ' ' && c != '\t' && c != '\r'; });
}

// The begin of the key that ends with the quote at `quote` and has such a value; null: there is
// none.
const char* key_ending_at(const char* begin, const char* quote, const char* end) {
  const std::string_view text(begin, static_cast<std::size_t>(quote + 1 - begin));
  for (const Key& key : Keys) {
    if (!text.ends_with(key.text)) {
      continue;
    }
    const char* next = skip_space(quote + 1, end);
    if (next == end || *next != ':') {
      return nullptr;
    }
    next = skip_space(next + 1, end);
    return next != end && *next == key.value ? quote + 1 - key.text.size() : nullptr;
  }
  return nullptr;
}

const char* first_key_ending_in(const char* begin, const char* from, const char* to,
                                const char* end) {
  for (const char* at = from; at != to; ++at) {
    if (*at != '"') {
      continue;
    }
    if (const char* key = key_ending_at(begin, at, end)) {
      return key;
    }
  }
  return nullptr;
}

}  // namespace

const char* find_usage_key(const char* begin, const char* end) {
  if (end - begin < ShortestKey) {
    return nullptr;
  }
  const char* at = begin + (ShortestKey - 1);
  for (; end - at >= static_cast<std::ptrdiff_t>(Width); at += Width) {
    if (!may_hold_end(at)) {
      continue;
    }
    if (const char* key = first_key_ending_in(begin, at, at + Width, end)) {
      return key;
    }
  }
  return first_key_ending_in(begin, at, end, end);
}

}  // namespace llmsnap::record
