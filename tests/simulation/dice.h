// Dice: where the simulation's chances come from; a seed gives the same throws on every platform.
// Thread rule: owned by one run.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace llmsnap::test {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15u + 0x1234567u) {}

  std::uint64_t next() {
    // splitmix64
    std::uint64_t mixed = (state_ += 0x9e3779b97f4a7c15u);
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
    return mixed ^ (mixed >> 31);
  }
  /// 0 to count - 1; 0 when count is 0.
  std::size_t below(std::size_t count) { return count == 0 ? 0 : next() % count; }
  std::size_t between(std::size_t least, std::size_t most) {
    return least + below(most - least + 1);
  }
  bool chance(std::size_t percent) { return below(100) < percent; }
  /// From least to most, short ones far more often.
  std::chrono::milliseconds span(std::size_t least, std::size_t most) {
    const std::size_t range = (most - least) >> below(8);
    return std::chrono::milliseconds(least + below(range + 1));
  }

 private:
  std::uint64_t state_;
};

}  // namespace llmsnap::test
