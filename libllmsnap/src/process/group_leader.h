// GroupLeader: a program that runs as the leader of a group of its own: guarded, watched for its
// exit, and never left behind. Thread rule: the control loop's thread only.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>

#include "io/poller.h"
#include "llmsnap/result.h"
#include "process/exit_status.h"
#include "process/launch.h"
#include "process/spawn.h"

namespace llmsnap::process {

class GroupGuard;

class GroupLeader final : private io::PollTarget {
 public:
  /// `on_output` is given the output before this returns. `on_exit`, once, when it has exited: it
  /// is still to be reaped then. May destroy the leader.
  static Result<std::unique_ptr<GroupLeader>> start(io::Poller& poller, GroupGuard& guard,
                                                    const Launch& launch,
                                                    const std::function<void(UniqueFd)>& on_output,
                                                    std::function<void()> on_exit);

  /// Kills its group and reaps it. Waits for that, but not for what hangs in the kernel: it stays a
  /// zombie.
  ~GroupLeader();
  GroupLeader(const GroupLeader&) = delete;
  GroupLeader& operator=(const GroupLeader&) = delete;

  pid_t pid() const { return process_.pid; }
  const UniqueFd& pidfd() const { return process_.pidfd; }

  /// To all of its group.
  void signal(int signal);

  /// From on_exit on, once: kills what is left of the group and reaps.
  ExitStatus bury();

 private:
  GroupLeader(io::Poller& poller, GroupGuard& guard, Spawned process,
              std::function<void()> on_exit);
  void on_ready(io::Readiness readiness) override;
  void stop_watching();

  io::Poller& poller_;
  GroupGuard& guard_;
  const Spawned process_;
  std::function<void()> on_exit_;
  bool watched_ = true;
  bool buried_ = false;
};

}  // namespace llmsnap::process
