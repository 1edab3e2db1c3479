// Control: the thread that owns every process state and every scheduling decision: events in,
// effects out. Thread rule: every method from any thread; answers are called on the control thread
// and must not block.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
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
#include "schedule/admission.h"
#include "schedule/keep_alive.h"
#include "schedule/standing.h"
#include "schedule/state.h"

namespace llmsnap::schedule {

struct ControlOptions {
  io::Engine& engine;  ///< whose loops read output and probe; outlives the control
  Log& log;
  /// Each change of a state, in order, on the control thread.
  std::function<void(const ModelEvent&)> on_change;
};

class ControlThread;
class Team;

/// One model with its instances; whoever holds it may ask about it, also when a new config has
/// another in its place. What would wait for it then is refused as Superseded.
using Handle = std::shared_ptr<Team>;

/// By id of the model.
using Handles = std::map<std::string, Handle, std::less<>>;

/// What a new config means for the instances.
struct Adoption {
  Handles handles;              ///< all that the new config has
  std::vector<Handle> leaving;  ///< to be retired once nobody finds them any more
  std::vector<std::string> kept, changed, added, removed;  ///< ids
};

class Control {
 public:
  /// On the control thread. Entered: counted in, to be left with leave.
  using RequestAnswer = std::function<void(Result<Admission>)>;
  using OperatorAnswer = std::function<void(Result<void>)>;

  /// Instances for each model with a `cmd`, in the order of their ids; starts the thread.
  Control(const Config& config, ControlOptions options);
  /// Shuts down and waits.
  ~Control();
  Control(const Control&) = delete;
  Control& operator=(const Control&) = delete;

  /// Starts what the config wants there without a request. Until then nothing runs: whoever reads
  /// its output may be told of it in peace.
  void begin();

  /// Takes what a new config has anew, beside what there is: processes that can go on under it do,
  /// and are seen by it from now on. Blocks until that is so; not on the control thread.
  Adoption adopt(const Config& config);
  /// They take no requests any more, end those in flight, and stop. Blocks until they know.
  void retire(const std::vector<Handle>& leaving);

  /// Null: the present config has no such model with a process.
  Handle find(std::string_view id) const;
  /// Those of the present config.
  Handles handles() const;
  /// What a new config has replaced or has no more, until its processes are gone; oldest first.
  /// They can be asked about and unloaded.
  std::vector<Handle> leaving() const;

  /// The fast path: no lock, no other thread. Of several instances the one with the least to do
  /// that is ready; Full: all are, and full.
  static Admission try_enter(const Handle& model);
  /// The same for who is not counted in, and is not waited for when the instance goes.
  static Admission look(const Handle& model);
  /// Whether that life still is what look found.
  static bool is_present(const Handle& model, const Admission& found);
  /// After try_enter or an answer said Entered: the request has ended.
  void leave(const Handle& model, const Admission& admission);
  /// After try_enter said Full: what the request is refused with, and when to try again.
  static Error at_limit(const Handle& model);
  /// How long a request was in work; what at_limit knows comes from here.
  static void was_in_work(const Handle& model, const Admission& admission,
                          SteadyClock::duration time);

  /// How the model answered a request that had entered: well, or not at all or with an error of its
  /// server's. After some failures in a row it is examined, and one that does not serve restarted.
  static void answered_well(const Handle& model, const Admission& admission,
                            std::string_view target);
  void answered_badly(const Handle& model, const Admission& admission, std::string_view target);
  /// Why that life was told to stop; nothing if it was not. For requests that broke: they may have
  /// broken by that.
  static std::optional<std::string> told_to_stop(const Handle& model, const Admission& admission);
  /// Neither: the client or the gateway ended the request.
  static void broken_off(const Handle& model, const Admission& admission);

  /// Waits in the queue. The ticket is for cancel; the answer is called once unless it was
  /// cancelled in time. `since`: when the request began to wait, for this model or another.
  Ticket request(Handle model, SteadyClock::time_point since, RequestAnswer answer);
  Ticket load(Handle model, OperatorAnswer answer);
  /// The same if it fits beside what runs or waits to; else Conflict.
  Ticket load_where_it_fits(Handle model, OperatorAnswer answer);
  /// Also of one that leaves: then it is gone for good, and a success.
  Ticket unload(Handle model, OperatorAnswer answer);
  Ticket sleep(Handle model, OperatorAnswer answer);
  /// A request names how long the model shall stay once it is idle.
  void keep_alive(Handle model, KeepAlive keep_alive);
  /// How a request stands; nothing if it waits no more: it was answered, or will be in a moment.
  void standing(Ticket ticket, std::function<void(std::optional<Standing>)> answer);
  /// From now on the answer is not called any more, but for a call that is in progress.
  void cancel(Ticket ticket);

  /// Refuses what waits, stops every process, and waits until all are gone. Again: waits too.
  void shutdown();

  /// See ProcessManager::longest_unload_timeout. Blocks for the control thread's answer.
  std::chrono::milliseconds longest_unload_timeout() const;

  /// See ProcessManager::reap_orphans.
  void reap_orphans();

  static ModelStatus status(const Handle& model);
  static bool is_ready(const Handle& model);
  /// Shared with whoever has the model's name before or after it.
  static std::shared_ptr<OutputLog> output(const Handle& model);
  /// The latest changes of states with their reasons, oldest first.
  std::vector<ModelEvent> decisions() const;

 private:
  std::unique_ptr<ControlThread> thread_;
};

}  // namespace llmsnap::schedule
