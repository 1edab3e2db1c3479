#include "llmsnap/duration_histogram.h"

#include <chrono>

#include "catch.h"

using namespace std::chrono_literals;
using llmsnap::DurationHistogram;

TEST_CASE("an empty histogram has no quantiles", "[metrics]") {
  CHECK_FALSE(DurationHistogram().quantile(0.5));
}

TEST_CASE("quantiles are right to six percent over the whole range", "[metrics]") {
  const auto unit = GENERATE(100us, 3'000us, 250'000us, 20'000'000us);
  DurationHistogram histogram;
  for (int i = 1; i <= 1000; ++i) {
    histogram.add(unit * i / 100);
  }
  CHECK(histogram.count() == 1000);
  for (const double q : {0.25, 0.5, 0.9, 0.95, 0.99, 1.0}) {
    const double expected = static_cast<double>(unit.count()) * q * 10;
    const auto value = static_cast<double>(histogram.quantile(q)->count());
    INFO("unit " << unit.count() << " q " << q << " value " << value);
    CHECK(value == Approx(expected).epsilon(0.06));
  }
}

TEST_CASE("a single duration is its own quantile, within its bucket", "[metrics]") {
  const auto duration = GENERATE(64us, 65us, 127us, 128us, 1'000us, 123'456us, 4'000'000'000us);
  DurationHistogram histogram;
  histogram.add(duration);
  for (const double q : {0.0, 0.5, 1.0}) {
    CHECK(static_cast<double>(histogram.quantile(q)->count()) ==
          Approx(static_cast<double>(duration.count())).epsilon(0.125));
  }
}

TEST_CASE("durations out of range count as the nearest in range", "[metrics]") {
  DurationHistogram histogram;
  histogram.add(-5us);
  CHECK(histogram.quantile(1)->count() <= 64);
  histogram.add(std::chrono::hours(1000));
  CHECK(histogram.quantile(1).value() > std::chrono::minutes(60));
  CHECK(histogram.quantile(-3).value() <= 64us);
  CHECK(histogram.quantile(7).value() > std::chrono::minutes(60));
}

TEST_CASE("histograms add up", "[metrics]") {
  DurationHistogram fast;
  DurationHistogram slow;
  for (int i = 0; i < 100; ++i) {
    fast.add(1ms);
    slow.add(1s);
  }
  fast.add(slow);
  CHECK(fast.count() == 200);
  CHECK(fast.quantile(0.25).value() < 2ms);
  CHECK(fast.quantile(0.75).value() > 800ms);
}
