// Fleet: the models of a config that have a process, as the control thread needs them.
// Thread rule: the control thread's; see Member for what is not.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "llmsnap/config.h"
#include "log/output_relay.h"
#include "process/gate.h"
#include "process/runner.h"
#include "schedule/answer_watch.h"
#include "schedule/eviction_policy.h"
#include "schedule/planner.h"
#include "schedule/shown_status.h"

namespace llmsnap::schedule {

/// One instance with what is its own. It outlives its place in the fleet as long as somebody holds
/// it, and never comes back into it. The control thread's, but for what is said to be everybody's.
struct Member {
  /// `its_place`: among the instances of its model, from 0.
  Member(ModelConfig the_config, std::size_t its_place, std::shared_ptr<OutputLog> its_output)
      : config(std::move(the_config)),
        place(its_place),
        output(std::move(its_output)),
        gate(config.concurrency_limit),
        shown(config.id, config.instances == 1 ? 0 : static_cast<int>(place) + 1) {}

  // Everybody's.
  const ModelConfig config;  ///< what its process runs by, with a port of its own
  const std::size_t place;
  const std::shared_ptr<OutputLog> output;  ///< its own, or (alone) its team's
  process::Gate gate;
  ShownStatus shown;
  AnswerWatch answers;
  std::atomic<Time> last_use{Time::min()};  ///< when the last request ended

  Instance number = 0;
  std::unique_ptr<OutputRelay> relay;       ///< of `output` to its team's; null: they are the same
  std::unique_ptr<process::Runner> runner;  ///< null once it has left the fleet
  Time since = SteadyClock::now();          ///< of its state
  bool leaves = false;                      ///< the config has another for its name, or none
};

/// All instances of one model; at least one. Everybody's.
struct Team {
  Team(ModelConfig the_config, std::shared_ptr<OutputLog> its_output)
      : config(std::move(the_config)), output(std::move(its_output)) {}

  const ModelConfig config;
  const std::shared_ptr<OutputLog> output;  ///< shared with who has its name before and after it
  std::vector<std::shared_ptr<Member>> members;  ///< the fleet's too; constant once it is handed on
  std::atomic<std::size_t> turn{0};              ///< who comes first where all have the same to do
};

/// By instance; null where the number is vacant.
using Fleet = std::vector<std::shared_ptr<Member>>;

/// The models with a `cmd`, which may be named in the key of the config alone; by id.
std::vector<ModelConfig> models_with_process(const Config& config);

/// Whether a process that runs by `one` may go on under `other`: what differs concerns its requests
/// or when it is stopped, not the process.
bool same_process(const ModelConfig& one, const ModelConfig& other);

InstanceSpec spec_of(const Config& all, const ModelConfig& config);

/// The config's groups or matrix, and its maxLoaded. Models that no group names make up the default
/// one. What leaves goes for its successor, and for whatever a model that nobody names would go.
EvictionPolicy policy_of(const Config& config, const Fleet& fleet);

}  // namespace llmsnap::schedule
