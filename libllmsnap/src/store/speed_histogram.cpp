#include "store/speed_histogram.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace llmsnap::store {
namespace {

constexpr double FewestBins = 5;
constexpr double MostBins = 20;

/// Between the two neighbours, by how near it is to each. `sorted` is not empty.
double percentile(const std::vector<double>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

void fill_bins(const std::vector<double>& sorted, SpeedHistogram& histogram) {
  const auto count = static_cast<double>(sorted.size());
  const double bins = std::clamp(std::ceil(std::log2(count)) + 1, FewestBins, MostBins);
  histogram.bins.assign(static_cast<std::size_t>(bins), 0);
  histogram.bin_size = (histogram.max - histogram.min) / bins;
  for (const double speed : sorted) {
    const auto bin = static_cast<std::size_t>((speed - histogram.min) / histogram.bin_size);
    ++histogram.bins[std::min(bin, histogram.bins.size() - 1)];
  }
}

}  // namespace

std::optional<SpeedHistogram> histogram_of(std::vector<double> speeds) {
  if (speeds.empty()) {
    return std::nullopt;
  }
  std::sort(speeds.begin(), speeds.end());
  SpeedHistogram histogram;
  histogram.min = speeds.front();
  histogram.max = speeds.back();
  histogram.p50 = percentile(speeds, 0.50);
  histogram.p95 = percentile(speeds, 0.95);
  histogram.p99 = percentile(speeds, 0.99);
  if (histogram.min == histogram.max) {
    histogram.bins = {speeds.size()};
  } else {
    fill_bins(speeds, histogram);
  }
  return histogram;
}

}  // namespace llmsnap::store
