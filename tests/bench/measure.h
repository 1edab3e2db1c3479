#pragma once
// The measurements: each drives one target for one round and adds its figures to the results.
// Main thread only, one measurement at a time.

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "fake_upstream.h"
#include "report.h"
#include "target.h"

namespace bench {

struct Settings {
  std::string llmsnapd;  // the program
  double seconds = 2;    // of one measurement under load
  std::string model = "m";

  std::chrono::nanoseconds time(double share = 1) const {
    return std::chrono::nanoseconds(static_cast<std::int64_t>(seconds * share * 1e9));
  }
};

struct Bench {
  const FakeUpstream& upstream;
  const Settings& settings;
  Results& results;
};

// CPU per unit of work (measure_cost.cpp).
void measure_small_requests(const Bench& bench, Target& target);
void measure_events_100(const Bench& bench, Target& target);
void measure_events_300(const Bench& bench, Target& target);
void measure_events_1000(const Bench& bench, Target& target);

// Memory, each in a fresh process where it is ours to start (measure_memory.cpp).
void measure_start_and_idle(const Bench& bench, Target& target);
void measure_memory_of_streams(const Bench& bench, Target& target);
void measure_memory_of_idle_connections(const Bench& bench, Target& target);

// What it costs to see everything, as ratios (measure_sight.cpp).
void measure_sight(const Bench& bench, Target& target);

// Delays (measure_delay.cpp).
void measure_first_byte(const Bench& bench, Target& target);
void measure_client_leaves(const Bench& bench, Target& target);
void measure_stall_by_image(const Bench& bench, Target& target);
void measure_stall_by_array(const Bench& bench, Target& target);

// Starts and swaps of models, in a gateway of their own (measure_start.cpp).
void measure_starts_40(const Bench& bench, Target& target);
void measure_starts_700(const Bench& bench, Target& target);
void measure_starts_busy(const Bench& bench, Target& target);

// What a reload breaks (measure_reload.cpp).
void measure_reload(const Bench& bench, Target& target);

// The body of a small request, about 300 bytes.
std::string small_body(std::string_view model);

// Events per second over all streams, the same for any number of streams.
inline constexpr std::int64_t EventsPerSecond = 5000;
constexpr std::int64_t interval_us_for(std::size_t streams) {
  return static_cast<std::int64_t>(streams) * 1'000'000 / EventsPerSecond;
}

}  // namespace bench
