// Team: all instances of one model, and which of them a request goes to; Member: one of them.
// Thread rule: a team is everybody's; see Member.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "llmsnap/model_config.h"
#include "llmsnap/model_state.h"
#include "llmsnap/result.h"
#include "log/output_relay.h"
#include "process/gate.h"
#include "process/runner.h"
#include "schedule/admission.h"
#include "schedule/answer_watch.h"
#include "schedule/last_stop.h"
#include "schedule/shown_status.h"
#include "schedule/state.h"

namespace llmsnap::schedule {

/// One instance with what is its own. It outlives its place in the fleet as long as somebody holds
/// it, and never comes back into it. The control thread's, but for what is said to be everybody's.
struct Member {
  /// `its_place`: among the instances of its model, from 0.
  Member(ModelConfig the_config, std::size_t its_place, std::shared_ptr<OutputLog> its_output)
      : place(its_place),
        output(std::move(its_output)),
        gate(the_config.concurrency_limit),
        shown(the_config.id, ordinal_of(the_config)),
        config(std::move(the_config)) {}

  /// As in ModelEvent.
  int ordinal() const { return ordinal_of(config); }

  /// For a config under which its process goes on; what follows from it at once, follows.
  void change_config(const ModelConfig& changed);

  // Everybody's.
  const std::size_t place;
  const std::shared_ptr<OutputLog> output;  ///< its own, or (alone) its team's
  process::Gate gate;
  ShownStatus shown;
  AnswerWatch answers;
  LastStop last_stop;
  std::atomic<Time> last_use{Time::min()};  ///< when the last request ended

  ModelConfig config;  ///< what its process runs by, with a port of its own
  Instance number = 0;
  std::unique_ptr<OutputRelay> relay;       ///< of `output` to its team's; null: they are the same
  std::unique_ptr<process::Runner> runner;  ///< null once it has left the fleet
  Time since = SteadyClock::now();          ///< of its state
  bool leaves = false;                      ///< the config has another for its name, or none

 private:
  int ordinal_of(const ModelConfig& of) const {
    return of.instances == 1 ? 0 : static_cast<int>(place) + 1;
  }
};

class Team {
 public:
  Team(ModelConfig the_config, std::shared_ptr<OutputLog> its_output)
      : config(std::move(the_config)), output(std::move(its_output)) {}

  const ModelConfig config;                 ///< as it was when its processes were new
  const std::shared_ptr<OutputLog> output;  ///< shared with who has its name before and after it
  /// The fleet's too; at least one, and constant once the team is handed on.
  std::vector<std::shared_ptr<Member>> members;
  std::atomic<std::size_t> waiting{0};  ///< requests; the control thread counts them

  /// See Control, for all of them.
  Admission try_enter();
  Admission look() const;
  bool is_present(const Admission& found) const;
  bool is_ready() const;
  Error at_limit() const;
  ModelStatus status() const;

 private:
  /// Calls `attempt` with one place after the other until it answers true: first with the one that
  /// has the least to do, where all have the same with `first`.
  template <typename Attempt>
  void by_load(std::size_t first, Attempt attempt) const;

  std::atomic<std::size_t> turn_{0};  // who comes first where all have the same to do
};

}  // namespace llmsnap::schedule
