// Run: one seed of the simulation, from its first event until nothing happens any more.
// Thread rule: a run shares nothing with others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "io/sanitizer.h"

namespace llmsnap::test {

enum class Trace { Off, On };  ///< On: every event and effect goes to the standard output

struct RunResult {
  std::size_t steps = 0;
  /// The rule that was broken, where, and the command that replays it.
  std::optional<std::string> broken;
};

/// `steps` events, and then those that follow from them while nobody new arrives.
RunResult run_seed(std::uint64_t seed, std::size_t steps, Trace trace);

/// As many seeds as this build can do in the time of a test: a sanitizer slows it down.
constexpr std::size_t usual_seeds() {
  return io::SanitizersActive ? 300 : 5'000;
}
inline constexpr std::size_t UsualSteps = 600;

}  // namespace llmsnap::test
