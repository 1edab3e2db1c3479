// Runner: the process of one instance, life after life: claims its port, spawns, probes, reads its
// output, stops. Thread rule: the control loop's thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "io/engine.h"
#include "llmsnap/config.h"
#include "llmsnap/result.h"
#include "log/log.h"
#include "log/output_log.h"
#include "process/exit_status.h"

namespace llmsnap::process {

class GroupGuard;
class Life;

/// What every runner works with; outlives them all.
struct RunnerServices {
  io::Loop& control;
  io::Engine& engine;  ///< whose loops read output and probe
  GroupGuard* guard;   ///< null: none could be started
  Log& log;
  const std::vector<std::string>& environment;  ///< what every child gets
};

/// Called on the control loop, never from inside a call of the runner's. `incarnation`: as given to
/// start.
struct RunnerEvents {
  /// A process runs: this is its pid, and what ${PORT} is.
  std::function<void(pid_t pid, std::uint16_t port)> started;
  std::function<void(std::uint32_t incarnation)> ready;
  std::function<void(std::uint32_t incarnation, const std::string& why)> gave_up;
  /// Follow sleep: it gave its memory back; or what it did instead.
  std::function<void(std::uint32_t incarnation)> asleep;
  std::function<void(std::uint32_t incarnation, const std::string& why)> sleep_failed;
  /// Follows wake, where `ready` does not.
  std::function<void(std::uint32_t incarnation, const std::string& why)> wake_failed;
  /// Follows check_health, unless something else has come between.
  std::function<void(std::uint32_t incarnation, const Result<void>& said)> checked;
  /// Follows examine: it lives and does not serve.
  std::function<void(std::uint32_t incarnation, const std::string& why)> failing;
  /// The process itself has ended; `ended` follows. May be empty.
  std::function<void(std::uint32_t incarnation, const ExitStatus& how)> exited = {};
  /// The process and what it had started are gone, or it could not be started: why, with its last
  /// lines of output where it was not asked to stop.
  std::function<void(std::uint32_t incarnation, const std::string& why)> ended;
};

class Runner {
 public:
  /// `config` must outlive it; what changes in it meanwhile, between calls, holds from the next
  /// start, stop or question on. `name`: of the instance, for the log.
  Runner(const ModelConfig& config, std::string name, std::size_t number,
         std::shared_ptr<OutputLog> output, const RunnerServices& services, RunnerEvents events);
  /// Kills what runs, and tells nobody.
  ~Runner();
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  /// Starts a life: `ended` follows once in any case, before it `ready` or `gave_up`, once unless
  /// it wakes. Only when no other is in progress.
  void start(std::uint32_t incarnation);

  /// Ends this life as soon as that can be done in order: stop command or signal, SIGKILL after
  /// unloadTimeout. Does nothing if it is over.
  void stop(std::uint32_t incarnation);

  /// Of a life that is ready and has no requests: takes the config's sleep steps and sees that it
  /// sleeps; `asleep` or `sleep_failed` follows, or `ended`.
  void sleep(std::uint32_t incarnation);
  /// Of one that is asleep: takes the wake steps, sees that it is awake and probes it; `ready` or
  /// `wake_failed` follows, or `ended`.
  void wake(std::uint32_t incarnation);

  /// Several answers of this life failed, the last one to `failed_target`: looks whether it serves
  /// at all; `failing` follows if not. Now and then only, however often it is called.
  void examine(std::uint32_t incarnation, const std::string& failed_target);
  /// The same after health checks that failed.
  void examine_health(std::uint32_t incarnation);

  /// Of a life that is ready and has no requests: asks its health check once; `checked` follows.
  /// Does nothing where the config has none, and while it is asked something else.
  void check_health();

  /// What ${PORT} is in this life; from `ready` on.
  std::uint16_t port() const;

 private:
  const ModelConfig& config_;
  const std::string name_;
  const std::size_t number_;
  const RunnerServices services_;
  const RunnerEvents events_;
  const std::shared_ptr<OutputLog> output_;  // the other owners are readers of it
  bool told_of_open_port_ = false;
  std::shared_ptr<Life> life_;  // the other owners are tasks that are on their way to it
};

}  // namespace llmsnap::process
