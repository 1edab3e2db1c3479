#include "catch.h"
#include "simulation/run.h"

namespace llmsnap::test {

TEST_CASE("no order of events makes the planner break a rule", "[simulation]") {
  std::size_t steps = 0;
  for (std::uint64_t seed = 1; seed <= usual_seeds(); ++seed) {
    const RunResult result = run_seed(seed, UsualSteps, Trace::Off);
    steps += result.steps;
    if (result.broken) {
      FAIL(*result.broken);
    }
  }
  CHECK(steps >= usual_seeds() * UsualSteps);
}

TEST_CASE("a seed is the same run each time", "[simulation]") {
  CHECK(run_seed(7, UsualSteps, Trace::Off).steps == run_seed(7, UsualSteps, Trace::Off).steps);
}

}  // namespace llmsnap::test
