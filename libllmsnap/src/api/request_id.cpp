#include "api/request_id.h"

#include <algorithm>
#include <random>

#include "base/ascii.h"

namespace llmsnap::api {
namespace {

constexpr std::size_t LongestClientId = 128;

bool is_id_character(char c) {
  return ascii::is_alphanumeric(c) || c == '.' || c == '_' || c == '-';
}

std::uint64_t random_word() {
  std::random_device device;
  return (std::uint64_t{device()} << 32) | device();
}

// The finisher of SplitMix64: a bijection, so that two counts never give the same id.
std::uint64_t scramble(std::uint64_t word) {
  word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9ULL;
  word = (word ^ (word >> 27)) * 0x94d049bb133111ebULL;
  return word ^ (word >> 31);
}

void append_hex(std::string& text, std::uint64_t word) {
  constexpr std::string_view Digits = "0123456789abcdef";
  for (int shift = 60; shift >= 0; shift -= 4) {
    text.push_back(Digits[(word >> shift) & 0xf]);
  }
}

}  // namespace

bool is_usable_request_id(std::string_view id) {
  return !id.empty() && id.size() <= LongestClientId &&
         std::all_of(id.begin(), id.end(), is_id_character);
}

RequestIds::RequestIds() : first_seed_(random_word()), second_seed_(random_word()) {}

std::string RequestIds::choose(std::string_view from_client) {
  if (is_usable_request_id(from_client)) {
    return std::string(from_client);
  }
  constexpr std::uint64_t Step = 0x9e3779b97f4a7c15ULL;
  const auto count = count_.fetch_add(1, std::memory_order_relaxed);
  std::string id;
  id.reserve(32);
  append_hex(id, scramble(first_seed_ + count * Step));
  append_hex(id, scramble(second_seed_ ^ count));
  return id;
}

}  // namespace llmsnap::api
