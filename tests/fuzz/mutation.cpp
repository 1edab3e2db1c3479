#include "fuzz/mutation.h"

#include <algorithm>
#include <array>
#include <random>
#include <string_view>

namespace llmsnap::test {
namespace {

using Random = std::mt19937_64;

constexpr std::array<std::string_view, 12> OddBytes = {"\r", "\n", "\r\n", " ",    "\t",   ":",
                                                       ",",  ";",  "\"",   "\x80", "\xff", "\x7f"};

constexpr std::array<std::string_view, 22> Phrases = {
    "Content-Length: 5\r\n",
    "Content-Length: 0\r\n",
    "content-length:13\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Transfer-Encoding: gzip, chunked\r\n",
    "transfer-encoding:\tchunked\r\n",
    "Connection: close\r\n",
    "Connection: keep-alive, Content-Length\r\n",
    "Connection: Upgrade\r\nUpgrade: websocket\r\n",
    "Expect: 100-continue\r\n",
    "Host: localhost\r\n",
    "Host: evil.example\r\n",
    "TE: trailers\r\n",
    "0\r\n\r\n",
    "ffffffffffffffff\r\n",
    "d\r\n{\"model\":\"m\"}\r\n",
    "{\"model\":\"m\"}",
    "\r\n\r\n",
    " HTTP/1.0\r\n",
    "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "/upstream/m/",
    "%00"};

std::size_t below(Random& random, std::size_t bound) {
  return bound == 0 ? 0 : static_cast<std::size_t>(random() % bound);
}

/// A range of up to `most` bytes somewhere in `size`.
struct Range {
  Range(Random& random, std::size_t size, std::size_t most)
      : begin(below(random, size)), length(below(random, std::min(most, size - begin) + 1)) {}
  std::size_t begin;
  std::size_t length;
};

void replace_digit(std::string& bytes, Random& random) {
  const std::size_t from = below(random, bytes.size());
  const std::size_t at = bytes.find_first_of("0123456789", from);
  if (at != std::string::npos) {
    bytes[at] = static_cast<char>('0' + below(random, 10));
  }
}

void swap_lines(std::string& bytes, Random& random) {
  const std::size_t first = bytes.find('\n', below(random, bytes.size()));
  if (first == std::string::npos) {
    return;
  }
  const std::size_t second = bytes.find('\n', first + 1);
  const std::size_t third = second == std::string::npos ? second : bytes.find('\n', second + 1);
  if (third != std::string::npos) {
    std::rotate(bytes.begin() + static_cast<std::ptrdiff_t>(first) + 1,
                bytes.begin() + static_cast<std::ptrdiff_t>(second) + 1,
                bytes.begin() + static_cast<std::ptrdiff_t>(third) + 1);
  }
}

void mutate(std::string& bytes, const std::vector<std::string>& seeds, Random& random) {
  const std::size_t at = below(random, bytes.size() + 1);
  switch (below(random, 10)) {
    case 0:
      if (!bytes.empty()) {
        bytes[below(random, bytes.size())] ^= static_cast<char>(1U << below(random, 8));
      }
      break;
    case 1:
      bytes.insert(at, OddBytes[below(random, OddBytes.size())]);
      break;
    case 2:
      bytes.insert(at, 1, static_cast<char>(below(random, 256)));
      break;
    case 3: {
      const Range range(random, bytes.size(), 32);
      bytes.erase(range.begin, range.length);
      break;
    }
    case 4: {
      const Range range(random, bytes.size(), 200);
      bytes.insert(at, bytes.substr(range.begin, range.length));
      break;
    }
    case 5: {
      const std::string& other = seeds[below(random, seeds.size())];
      const Range range(random, other.size(), 300);
      bytes.insert(at, other, range.begin, range.length);
      break;
    }
    case 6:
      replace_digit(bytes, random);
      break;
    case 7:
      swap_lines(bytes, random);
      break;
    default: {
      // Behind a line end, where a field can stand, more often than anywhere.
      const std::size_t line = bytes.find("\r\n", at);
      const bool between = line != std::string::npos && below(random, 4) != 0;
      bytes.insert(between ? line + 2 : at, Phrases[below(random, Phrases.size())]);
    }
  }
}

std::vector<std::string> divided(const std::string& bytes, Random& random) {
  std::vector<std::size_t> cuts;
  for (std::size_t count = below(random, 5); count > 0; --count) {
    cuts.push_back(below(random, bytes.size() + 1));
  }
  cuts.push_back(bytes.size());
  std::sort(cuts.begin(), cuts.end());
  std::vector<std::string> pieces;
  std::size_t from = 0;
  for (const std::size_t cut : cuts) {
    if (cut > from) {
      pieces.push_back(bytes.substr(from, cut - from));
      from = cut;
    }
  }
  return pieces;
}

Ending ending_of(std::size_t throw_of_die) {
  if (throw_of_die < 2) {
    return Ending::Wait;
  }
  if (throw_of_die < 12) {
    return throw_of_die < 7 ? Ending::Reset : Ending::Close;
  }
  return Ending::HalfClose;
}

}  // namespace

MutatedCase mutated_case(const std::vector<std::string>& seeds, std::uint64_t seed,
                         std::uint64_t number) {
  Random random(seed * 0x9e3779b97f4a7c15ULL + number);
  std::string bytes;
  for (std::size_t count = 1 + below(random, 3); count > 0; --count) {
    bytes += seeds[below(random, seeds.size())];
  }
  for (std::size_t count = below(random, 6); count > 0; --count) {
    mutate(bytes, seeds, random);
  }
  if (below(random, 10) == 0) {
    bytes.resize(below(random, bytes.size() + 1));
  }
  return {divided(bytes, random), ending_of(below(random, 40))};
}

}  // namespace llmsnap::test
