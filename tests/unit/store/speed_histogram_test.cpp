#include "store/speed_histogram.h"

#include <numeric>

#include "catch.h"

namespace llmsnap::store {
namespace {

TEST_CASE("no speeds have no histogram", "[store][R5]") {
  CHECK_FALSE(histogram_of({}));
}

TEST_CASE("equal speeds are one bin without a width", "[store][R5]") {
  const auto histogram = histogram_of({4, 4, 4});
  REQUIRE(histogram);
  CHECK(histogram->bins == std::vector<std::uint64_t>{3});
  CHECK(histogram->bin_size == 0);
  CHECK(histogram->min == 4);
  CHECK(histogram->max == 4);
  CHECK(histogram->p99 == 4);
}

TEST_CASE("percentiles lie between their neighbours, and every speed is in a bin", "[store][R5]") {
  std::vector<double> speeds(101);
  std::iota(speeds.rbegin(), speeds.rend(), 0.0);
  const auto histogram = histogram_of(speeds);
  REQUIRE(histogram);
  CHECK(histogram->p50 == Approx(50));
  CHECK(histogram->p95 == Approx(95));
  CHECK(histogram->p99 == Approx(99));
  CHECK(histogram->bins.size() == 8);  // ceil(log2(101)) + 1
  CHECK(histogram->bin_size == Approx(12.5));
  CHECK(std::accumulate(histogram->bins.begin(), histogram->bins.end(), 0U) == 101);
  CHECK(histogram_of({1, 2})->bins.size() == 5);
  CHECK(histogram_of({1, 2})->p50 == Approx(1.5));
  CHECK(histogram_of(std::vector<double>(3'000'000, 1.0))->bins.size() == 1);
}

}  // namespace
}  // namespace llmsnap::store
