#include "fuzz/division.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <random>

namespace llmsnap::test {

std::size_t seed_of(std::string_view bytes) {
  std::size_t hash = 0xcbf29ce484222325ULL;
  for (const char c : bytes) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  }
  return hash;
}

std::vector<std::size_t> random_cuts(std::size_t seed, std::size_t size) {
  std::minstd_rand random(static_cast<std::minstd_rand::result_type>(seed));
  std::vector<std::size_t> cuts(size == 0 ? 0 : 1 + random() % 8);
  for (std::size_t& cut : cuts) {
    cut = random() % size;
  }
  std::sort(cuts.begin(), cuts.end());
  return cuts;
}

void require(bool holds, const char* what) {
  if (!holds) {
    std::fprintf(stderr, "invariant broken: %s\n", what);
    std::abort();
  }
}

}  // namespace llmsnap::test
