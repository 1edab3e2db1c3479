#include "catch.h"
#include "simulation/target_run.h"

namespace llmsnap::test {

TEST_CASE("no order of events makes a selector break a rule about targets and peers that fail",
          "[simulation]") {
  TargetCases cases;
  for (std::uint64_t seed = 1; seed <= usual_seeds(); ++seed) {
    const RunResult result = run_targets(seed, UsualSteps, cases);
    if (result.broken) {
      FAIL(*result.broken);
    }
  }
  CHECK(cases.passed_over > usual_seeds());
  CHECK(cases.nobody_else > usual_seeds());
  CHECK(cases.asked_again > usual_seeds());
}

}  // namespace llmsnap::test
