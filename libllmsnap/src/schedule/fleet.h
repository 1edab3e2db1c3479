// Fleet: the models of a config that have a process, as the control thread needs them.
// Thread rule: made before the control thread runs; see Member for later.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "llmsnap/config.h"
#include "process/gate.h"
#include "process/runner.h"
#include "schedule/answer_watch.h"
#include "schedule/eviction_policy.h"
#include "schedule/planner.h"

namespace llmsnap::schedule {

/// One instance with what is its own, at a fixed address. Config, gate, the numbers behind it and
/// the runner's output from any thread; the rest is the control thread's.
struct Member {
  explicit Member(ModelConfig the_config)
      : config(std::move(the_config)), gate(config.concurrency_limit) {}

  const ModelConfig config;
  process::Gate gate;
  AnswerWatch answers;
  std::atomic<Time> last_use{Time::min()};  ///< when the last request ended
  std::unique_ptr<process::Runner> runner;
  Time since = SteadyClock::now();  ///< of its state
};

using Fleet = std::vector<std::unique_ptr<Member>>;

/// A member for each model with a `cmd`, in the order of their ids; without runners.
Fleet fleet_of(const Config& config);

std::vector<std::string> names_of(const Fleet& fleet);

InstanceSpec spec_of(const Config& all, const ModelConfig& config);

/// The config's groups, and its maxLoaded. Models that no group names make up the default one.
EvictionPolicy policy_of(const Config& config, const Fleet& fleet);

}  // namespace llmsnap::schedule
