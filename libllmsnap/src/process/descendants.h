// Descendants: what a process has started that is not in its group any more, so that a signal to
// the group misses it. Thread rule: one thread at a time.
#pragma once

#include <sys/types.h>

#include <vector>

#include "base/unique_fd.h"

namespace llmsnap::process {

/// They are found by their parents, so they are remembered while those live. One whose parents are
/// gone is nobody's descendant; it still carries the instance marker.
class Descendants {
 public:
  enum class While { Running, Frozen };

  /// Adds those that `root`, a child of ours not yet reaped, has now. Frozen: each is stopped
  /// before it is asked for its children, and can have no more; only a kill may follow.
  void remember(pid_t root, const UniqueFd& root_pidfd, While state);

  /// SIGKILL to all that are remembered; nobody else, whoever has their numbers now.
  void kill() const;

  /// Whether all that are remembered have exited.
  bool gone() const;

 private:
  struct Member {
    pid_t pid;
    UniqueFd pidfd;
  };

  void walk(pid_t parent, const UniqueFd& parent_pidfd, int depth);
  bool remembered(pid_t pid) const;

  pid_t group_ = 0;
  While state_ = While::Running;
  std::vector<Member> members_;
};

}  // namespace llmsnap::process
