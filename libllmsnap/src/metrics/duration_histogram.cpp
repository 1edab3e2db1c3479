#include "llmsnap/duration_histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace llmsnap {

std::size_t DurationHistogram::bucket_of(std::uint64_t microseconds) {
  if (microseconds < (1ULL << FirstBit)) {
    return 0;
  }
  if (microseconds >= (1ULL << LastBit)) {
    return Buckets - 1;
  }
  const auto top_bit = static_cast<unsigned>(std::bit_width(microseconds)) - 1;
  const auto step = (microseconds >> (top_bit - StepBits)) & ((1U << StepBits) - 1);
  return 1 + ((top_bit - FirstBit) << StepBits) + static_cast<std::size_t>(step);
}

double DurationHistogram::lower_bound_of(std::size_t bucket) {
  if (bucket == 0) {
    return 0;
  }
  const auto steps = static_cast<unsigned>(bucket - 1);
  const unsigned top_bit = FirstBit + (steps >> StepBits);
  const double step = 1 + static_cast<double>(steps & ((1U << StepBits) - 1)) / (1U << StepBits);
  return std::ldexp(step, static_cast<int>(top_bit));
}

void DurationHistogram::add(std::chrono::microseconds duration) {
  const auto value = std::max<std::chrono::microseconds::rep>(duration.count(), 0);
  ++counts_[bucket_of(static_cast<std::uint64_t>(value))];
  ++count_;
}

void DurationHistogram::add(const DurationHistogram& other) {
  for (std::size_t bucket = 0; bucket < Buckets; ++bucket) {
    counts_[bucket] += other.counts_[bucket];
  }
  count_ += other.count_;
}

std::optional<std::chrono::microseconds> DurationHistogram::quantile(double q) const {
  if (count_ == 0) {
    return std::nullopt;
  }
  const double rank = std::clamp(q, 0.0, 1.0) * static_cast<double>(count_);
  double below = 0;
  std::size_t bucket = 0;
  while (bucket + 1 < Buckets &&
         (counts_[bucket] == 0 || below + static_cast<double>(counts_[bucket]) < rank)) {
    below += static_cast<double>(counts_[bucket]);
    ++bucket;
  }
  // The durations of a bucket are taken to be spread evenly over it.
  const double from = lower_bound_of(bucket);
  const double width = lower_bound_of(bucket + 1) - from;
  const auto here = static_cast<double>(std::max<std::uint64_t>(counts_[bucket], 1));
  const double share = std::clamp((rank - below) / here, 0.0, 1.0);
  return std::chrono::microseconds(std::llround(from + width * share));
}

}  // namespace llmsnap
