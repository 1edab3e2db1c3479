// TargetRun: one seed of a selector's life: requests that go to its targets, models of ours and of
// peers, which fail, are full, recover, and are asked about by the watch. Thread rule: a run shares
// nothing with others.
#pragma once

#include <cstddef>
#include <cstdint>

#include "simulation/run.h"

namespace llmsnap::test {

/// What runs have seen, so that none of the rules is kept for want of a case.
struct TargetCases {
  std::size_t passed_over = 0;  ///< another one was chosen instead of one that had failed
  std::size_t nobody_else = 0;  ///< one that had failed was chosen
  std::size_t asked_again = 0;  ///< the moment that its pause was over
};

/// The rules: who failed or is full is not chosen before its pause is over, while another one can
/// be; is chosen again then; and nobody is refused while a target is left.
RunResult run_targets(std::uint64_t seed, std::size_t steps, TargetCases& cases);

}  // namespace llmsnap::test
