// simulation: runs seeds of the simulation, or replays one of them.
#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "simulation/run.h"

namespace {

using llmsnap::test::Trace;

constexpr const char* Usage =
    "usage: simulation [--seeds N] [--seed S] [--steps N] [--trace]\n"
    "  --seeds N  runs the seeds 1 to N\n"
    "  --seed S   runs this one alone\n"
    "  --steps N  events of a seed\n"
    "  --trace    prints every event and effect\n";

struct Options {
  std::uint64_t first = 1;
  std::uint64_t last = llmsnap::test::usual_seeds();
  std::size_t steps = llmsnap::test::UsualSteps;
  Trace trace = Trace::Off;
};

std::optional<Options> parse(int argc, char** argv) {
  Options options;
  for (int index = 1; index < argc; ++index) {
    const std::string_view name = argv[index];
    if (name == "--trace") {
      options.trace = Trace::On;
      continue;
    }
    if (++index == argc) {
      return std::nullopt;
    }
    const std::uint64_t value = std::strtoull(argv[index], nullptr, 10);
    if (name == "--seeds") {
      options.last = value;
    } else if (name == "--seed") {
      options.first = options.last = value;
    } else if (name == "--steps") {
      options.steps = value;
    } else {
      return std::nullopt;
    }
  }
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  const auto options = parse(argc, argv);
  if (!options) {
    fmt::print(stderr, "{}", Usage);
    return 2;
  }
  std::size_t steps = 0;
  std::size_t broken = 0;
  const auto begin = std::chrono::steady_clock::now();
  for (std::uint64_t seed = options->first; seed <= options->last; ++seed) {
    const auto result = llmsnap::test::run_seed(seed, options->steps, options->trace);
    steps += result.steps;
    if (result.broken) {
      ++broken;
      fmt::print("{}\n", *result.broken);
    }
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  fmt::print("{} seeds, {} steps, {} broken, {:.1f} s\n", options->last - options->first + 1, steps,
             broken, took.count());
  return broken == 0 ? 0 : 1;
}
