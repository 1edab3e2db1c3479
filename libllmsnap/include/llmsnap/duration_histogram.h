// DurationHistogram: how long things took, in 1.7 KB whatever their number; quantiles are right to
// about 6 %. Thread rule: a plain value.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace llmsnap {

class DurationHistogram {
 public:
  /// Shorter than 64 us counts as that short, longer than 71 minutes as that long.
  void add(std::chrono::microseconds duration);
  void add(const DurationHistogram& other);

  std::uint64_t count() const { return count_; }

  /// The duration that the share `q` (0 to 1) of all stayed at or below; absent while there are
  /// none.
  std::optional<std::chrono::microseconds> quantile(double q) const;

 private:
  // Eight buckets per doubling: from 2^6 to 2^32 microseconds, and one for all below.
  static constexpr unsigned StepBits = 3;
  static constexpr unsigned FirstBit = 6;
  static constexpr unsigned LastBit = 32;
  static constexpr std::size_t Buckets = ((LastBit - FirstBit) << StepBits) + 1;

  static std::size_t bucket_of(std::uint64_t microseconds);
  static double lower_bound_of(std::size_t bucket);

  std::array<std::uint64_t, Buckets> counts_{};
  std::uint64_t count_ = 0;
};

}  // namespace llmsnap
