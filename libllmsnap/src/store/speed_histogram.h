// SpeedHistogram: how speeds are spread, in the bins and percentiles of llama-swap.
// Thread rule: a pure function.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace llmsnap::store {

struct SpeedHistogram {
  std::vector<std::uint64_t> bins;  ///< of equal width, from min to max; one where all are equal
  double min = 0;
  double max = 0;
  double bin_size = 0;
  double p50 = 0;
  double p95 = 0;
  double p99 = 0;
};

/// Nothing: there are no speeds.
std::optional<SpeedHistogram> histogram_of(std::vector<double> speeds);

}  // namespace llmsnap::store
