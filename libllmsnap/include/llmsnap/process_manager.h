// ProcessManager: supervises the servers of a config's models: starts them, waits until they are
// ready, makes them room, stops them. Thread rule: every method from any thread but a watcher's
// callback.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "llmsnap/config.h"
#include "llmsnap/event_bus.h"
#include "llmsnap/model_state.h"
#include "llmsnap/result.h"
#include "llmsnap/subscription.h"

namespace llmsnap {

struct ProcessManagerOptions {
  /// See GatewayOptions::log.
  std::function<void(LogLevel, std::string_view)> log = {};
  /// Where changes of states are told; must outlive the manager. None: a bus of its own.
  EventBus* events = nullptr;
};

class ProcessManager {
 public:
  /// Starts no process yet. Of the config it uses the models with a `cmd`, and the groups.
  explicit ProcessManager(const Config& config, ProcessManagerOptions options = {});
  /// Stops what runs; blocks until it is gone.
  ~ProcessManager();
  ProcessManager(const ProcessManager&) = delete;
  ProcessManager& operator=(const ProcessManager&) = delete;

  /// Starts a model, makes room for it as its groups say, and blocks until it is ready. Errors:
  /// NotFound, UpstreamFailed (why, with the last lines it printed), Unavailable.
  Result<void> start(std::string_view model);

  /// Stops it now and blocks until the process and all that it started are gone; also those that a
  /// gateway's new config has replaced or has no more, while they end their requests. Not running:
  /// success.
  Result<void> stop(std::string_view model);

  /// Blocks until the model is in that state. Error: NotFound, UpstreamTimeout.
  Result<void> wait(std::string_view model, ModelState state, std::chrono::milliseconds limit);

  /// The watcher hears of each change of a state, in order, on the bus's background thread.
  Subscription watch(std::function<void(const ModelEvent&)> watcher);

  /// Sorted by id. What a gateway's new config has replaced stands behind its successor until its
  /// process is gone; what it has no more is listed for as long.
  std::vector<ModelStatus> list() const;

  /// The end of what the model's processes have printed.
  Result<std::string> output(std::string_view model) const;

  /// For a program that is PID 1 or a subreaper and gets what its models leave behind as children:
  /// buries those that have exited, and replaces a guard of the library's own that was killed. Call
  /// it at each SIGCHLD, and only where the program has no other children and no other manager.
  /// Does not wait.
  void reap_orphans();

  /// Stops all and starts nothing any more.
  void shutdown();

  /// How long a shutdown may give its models: the longest `unloadTimeout` of those there are, also
  /// of those that a reload has taken away and that still end. Zero: there are none.
  std::chrono::milliseconds longest_unload_timeout() const;

 private:
  friend class ProcessManagerAccess;
  struct State;
  explicit ProcessManager(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace llmsnap
