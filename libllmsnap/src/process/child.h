// Child: one supervised process and all that it starts: spawned, told to stop, killed, swept.
// Thread rule: the control loop's thread only.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "base/unique_fd.h"
#include "io/loop.h"
#include "llmsnap/result.h"
#include "process/exit_status.h"
#include "process/launch.h"

namespace llmsnap::process {

class GroupGuard;

/// Why a stop command did not do its work, and what is done in its place.
struct StopTrouble {
  std::string why;
  bool ran = false;  ///< and may have said more on its output
};

struct ChildOptions {
  Launch launch;
  /// `cmdStop` as written, with ${PID} still in it; empty: the stop signal.
  std::string stop_command;
  int stop_signal = 15;
  /// Takes the read end of a pipe with standard output and error; once for the child, once for each
  /// run of its stop command.
  std::function<void(UniqueFd)> on_output;
  /// Once, after the exit was seen and what was left of its tree was killed and is gone, or did not
  /// go within a second. May destroy the child.
  std::function<void(ExitStatus)> on_exit;
  /// Its stop command fails, or has not ended the child within the timeout. Once a stop.
  std::function<void(const StopTrouble&)> on_stop_trouble = {};
  /// Once, if it has not gone some seconds after SIGKILL: it hangs in the kernel.
  std::function<void()> on_stuck = {};
};

class Child {
 public:
  /// Spawns it: blocks until the program runs or could not be started, a millisecond or so. The
  /// error says what was tried and why it failed (ENOENT and the like, in words).
  static Result<std::unique_ptr<Child>> start(io::Loop& loop, GroupGuard& guard,
                                              ChildOptions options);
  /// Kills what is left, without waiting for on_exit.
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const;

  /// Begins to stop it: stop command, or signal and SIGCONT to its group; SIGKILL to all of its
  /// tree after `timeout`. Again: does nothing.
  void stop(std::chrono::milliseconds timeout);

  /// SIGKILL to all of its tree now.
  void kill();

 private:
  class Impl;
  explicit Child(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace llmsnap::process
