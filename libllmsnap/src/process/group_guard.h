// GroupGuard: a tiny process that kills what we have started when we die without a word: our
// children's process groups, and what left those but still carries our marker (instance_marker.h).
// Thread rule: any thread.
#pragma once

#include <sys/types.h>

#include <memory>

#include "llmsnap/result.h"

namespace llmsnap::process {

class GroupGuard {
 public:
  /// Starts the helper program; no fork without exec. Its pid is nobody's child to wait for but
  /// ours.
  static Result<std::unique_ptr<GroupGuard>> start();
  /// Nothing is killed: the groups still watched are forgotten first.
  ~GroupGuard();
  GroupGuard(const GroupGuard&) = delete;
  GroupGuard& operator=(const GroupGuard&) = delete;

  /// Never waits. A helper that somebody has killed is replaced here, with all that is watched. At
  /// most 4096 groups at once; one more is not watched.
  void watch(pid_t group);
  /// Replaces a helper that somebody has killed now, not at the next watch.
  void ensure_alive();
  /// Must come before the group's leader is reaped, so that its number cannot be another's yet.
  void forget(pid_t group);

  /// Whether a child of ours is its helper, or leads a group that it watches.
  bool knows(pid_t child) const;

  /// Of the helper; -1 if it died and another could not be started yet.
  pid_t pid() const;

 private:
  struct State;
  explicit GroupGuard(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace llmsnap::process
