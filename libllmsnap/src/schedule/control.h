// Control: the thread that owns every process state and every scheduling decision: events in,
// effects out. Thread rule: every method from any thread; answers are called on the control thread
// and must not block.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "io/engine.h"
#include "llmsnap/config.h"
#include "llmsnap/model_state.h"
#include "llmsnap/result.h"
#include "log/log.h"
#include "log/output_log.h"
#include "process/gate.h"
#include "schedule/keep_alive.h"
#include "schedule/state.h"

namespace llmsnap::schedule {

struct ControlOptions {
  io::Engine& engine;  ///< whose loops read output and probe; outlives the control
  Log& log;
  /// Each change of a state, in order, on the control thread.
  std::function<void(const ModelEvent&)> on_change;
};

class ControlThread;

class Control {
 public:
  /// A request's way in; on the control thread. Entered: counted in, to be left with leave.
  using RequestAnswer = std::function<void(Result<process::Gate::Admission>)>;
  using OperatorAnswer = std::function<void(Result<void>)>;

  /// An instance for each model with a `cmd`, in the order of their ids; starts the thread.
  Control(const Config& config, ControlOptions options);
  /// Shuts down and waits.
  ~Control();
  Control(const Control&) = delete;
  Control& operator=(const Control&) = delete;

  /// Starts what the config wants there without a request. Until then nothing runs: whoever reads
  /// its output may be told of it in peace.
  void begin();

  std::optional<Instance> find(std::string_view id) const;
  std::size_t size() const;

  /// The fast path: no lock, no other thread.
  process::Gate::Admission try_enter(Instance instance);
  /// After try_enter or an answer said Entered: the request has ended.
  void leave(Instance instance, std::uint32_t incarnation);
  /// After try_enter said Full: what the request is refused with, and when to try again.
  Error at_limit(Instance instance) const;
  /// How long a request was in work; what at_limit knows comes from here.
  void was_in_work(Instance instance, SteadyClock::duration time);

  /// How the model answered a request that had entered: well, or not at all or with an error of its
  /// server's. After some failures in a row it is examined, and one that does not serve restarted.
  void answered_well(Instance instance, std::string_view target);
  void answered_badly(Instance instance, std::uint32_t incarnation, std::string_view target);
  /// Neither: the client or the gateway ended the request.
  void broken_off(Instance instance);

  /// Waits in the queue. The ticket is for cancel; the answer is called once unless it was
  /// cancelled in time.
  Ticket request(Instance instance, RequestAnswer answer);
  Ticket load(Instance instance, OperatorAnswer answer);
  Ticket unload(Instance instance, OperatorAnswer answer);
  Ticket sleep(Instance instance, OperatorAnswer answer);
  /// A request names how long the instance shall stay once it is idle.
  void keep_alive(Instance instance, KeepAlive keep_alive);
  /// From now on the answer is not called any more, but for a call that is in progress.
  void cancel(Ticket ticket);

  /// Refuses what waits, stops every process, and waits until all are gone. Again: waits too.
  void shutdown();

  /// See ProcessManager::reap_orphans.
  void reap_orphans();

  ModelStatus status(Instance instance) const;
  /// The latest changes of states with their reasons, oldest first.
  std::vector<ModelEvent> decisions() const;
  bool is_ready(Instance instance) const;
  OutputLog& output(Instance instance);

 private:
  std::unique_ptr<ControlThread> thread_;
};

}  // namespace llmsnap::schedule
