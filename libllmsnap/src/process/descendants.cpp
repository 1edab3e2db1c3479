#include "process/descendants.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <optional>
#include <utility>

#include "process/pidfd.h"
#include "process/proc_files.h"

namespace llmsnap::process {
namespace {

/// One descriptor and one frame each.
constexpr int MaxDepth = 64;
constexpr int OnlyAsk = 0;

}  // namespace

void Descendants::remember(pid_t root, const UniqueFd& root_pidfd, While state) {
  group_ = root;
  state_ = state;
  if (state == While::Frozen) {
    send_signal(root_pidfd, SIGSTOP);
  }
  walk(root, root_pidfd, 0);
  // Their parents may be gone, so that no walk from the root finds what they started since.
  for (std::size_t i = 0; i < members_.size(); ++i) {
    const pid_t pid = members_[i].pid;
    UniqueFd pidfd = std::move(members_[i].pidfd);  // the walk may move the members
    if (state == While::Frozen) {
      send_signal(pidfd, SIGSTOP);
    }
    walk(pid, pidfd, 0);
    members_[i].pidfd = std::move(pidfd);
  }
}

void Descendants::kill() const {
  for (const Member& member : members_) {
    send_signal(member.pidfd, SIGKILL);
  }
}

bool Descendants::gone() const {
  return std::all_of(members_.begin(), members_.end(), [](const Member& member) {
    return await_exit(member.pidfd, std::chrono::milliseconds::zero());
  });
}

void Descendants::walk(pid_t parent, const UniqueFd& parent_pidfd, int depth) {
  if (depth == MaxDepth) {
    return;
  }
  for (const pid_t pid : children_of(parent)) {
    if (remembered(pid)) {
      continue;
    }
    UniqueFd pidfd = open_pidfd(pid);
    if (!pidfd) {
      continue;
    }
    // A number read a moment ago may mean another process now. If both are there after the look,
    // the look was at them.
    const std::optional<ProcessStat> stat = process_stat(pid);
    if (!stat || stat->parent != parent || !send_signal(pidfd, OnlyAsk) ||
        !send_signal(parent_pidfd, OnlyAsk)) {
      continue;
    }
    if (state_ == While::Frozen) {
      send_signal(pidfd, SIGSTOP);
    }
    walk(pid, pidfd, depth + 1);
    if (stat->group != group_) {
      members_.push_back({pid, std::move(pidfd)});
    }
  }
}

bool Descendants::remembered(pid_t pid) const {
  return std::any_of(members_.begin(), members_.end(),
                     [pid](const Member& member) { return member.pid == pid; });
}

}  // namespace llmsnap::process
