#include "process/child.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <utility>
#include <vector>

#include "base/command_line.h"
#include "base/placeholder.h"
#include "io/timers.h"
#include "process/descendants.h"
#include "process/group_leader.h"
#include "process/instance_marker.h"
#include "process/pidfd.h"
#include "process/proc_files.h"

namespace llmsnap::process {
namespace {

/// For what hangs in the kernel; it is not waited for any longer.
constexpr std::chrono::seconds SweepPatience{1};
constexpr std::chrono::milliseconds SweepStep{1};
constexpr std::chrono::seconds StuckAfter{5};

}  // namespace

class Child::Impl final : private io::Timer {
 public:
  Impl(io::Loop& loop, GroupGuard& guard, ChildOptions options)
      : Timer(loop.timers()), poller_(loop.poller()), guard_(guard), options_(std::move(options)) {}

  ~Impl() override {
    if (leader_) {
      kill_tree();
      leader_.reset();
      sweep_marked();
    }
  }

  Result<void> start() {
    Result<std::unique_ptr<GroupLeader>> started = GroupLeader::start(
        poller_, guard_, options_.launch, options_.on_output, [this] { exited(); });
    if (!started) {
      return started.error();
    }
    leader_ = std::move(*started);
    pid_ = leader_->pid();
    return {};
  }

  pid_t pid() const { return pid_; }

  void stop(std::chrono::milliseconds timeout) {
    if (!leader_ || std::exchange(stopping_, true)) {
      return;
    }
    if (timeout <= std::chrono::milliseconds::zero()) {
      kill_tree();
      return;
    }
    // Now: once the leader is gone they are nobody's children.
    descendants_.remember(pid_, leader_->pidfd(), Descendants::While::Running);
    timeout_ = timeout;
    arm(SteadyClock::now() + timeout);
    if (options_.stop_command.empty()) {
      send_stop_signal();
    } else if (const Result<void> started = run_stop_command(); !started) {
      stop_in_place_of_command({started.error().message, false});
    }
  }

  void kill() {
    if (leader_) {
      stopping_ = true;
      kill_tree();
    }
  }

 private:
  Result<void> run_stop_command() {
    Result<std::vector<std::string>> words = split_command(options_.stop_command);
    if (!words) {
      return words.error();
    }
    for (std::string& word : *words) {
      word = with_pid(word, pid_);
    }
    const Launch launch{std::move(*words), options_.launch.environment, options_.launch.folder};
    Result<std::unique_ptr<GroupLeader>> started = GroupLeader::start(
        poller_, guard_, launch, options_.on_output, [this] { stop_command_exited(); });
    if (!started) {
      return started.error();
    }
    stop_command_ = std::move(*started);
    return {};
  }

  void stop_command_exited() {
    const ExitStatus status = stop_command_->bury();
    stop_command_.reset();
    if (status.how != ExitStatus::How::Exited || status.number != 0) {
      stop_in_place_of_command({"it " + describe(status), true});
    }
  }

  void stop_in_place_of_command(const StopTrouble& trouble) {
    tell_trouble({trouble.why + "; the stop signal is sent in its place", trouble.ran});
    send_stop_signal();
  }

  /// The command runs still, or it said that all is well.
  void tell_what_was_in_vain() {
    if (!options_.stop_command.empty()) {
      tell_trouble({fmt::format("{} after {} ms; the process is killed",
                                stop_command_ ? "it had not ended" : "the process had not ended",
                                timeout_.count()),
                    true});
    }
  }

  void tell_trouble(const StopTrouble& trouble) {
    if (const auto tell = std::exchange(options_.on_stop_trouble, nullptr)) {
      tell(trouble);
    }
  }

  /// A stopped process takes no signal but these two.
  void send_stop_signal() {
    leader_->signal(options_.stop_signal);
    leader_->signal(SIGCONT);
  }

  void expired() override {
    if (!leader_) {
      tell_when_swept();
    } else if (!killed_) {
      tell_what_was_in_vain();
      kill_tree();
    } else if (options_.on_stuck) {
      options_.on_stuck();
    }
  }

  void kill_tree() {
    disarm();
    stop_command_.reset();
    kill_descendants();
    leader_->signal(SIGKILL);
    killed_ = true;
    arm(SteadyClock::now() + StuckAfter);
  }

  void kill_descendants() {
    descendants_.remember(pid_, leader_->pidfd(), Descendants::While::Frozen);
    descendants_.kill();
  }

  void exited() {
    disarm();
    stop_command_.reset();
    kill_descendants();
    status_ = leader_->bury();
    leader_.reset();
    sweep_marked();
    swept_by_ = SteadyClock::now() + SweepPatience;
    tell_when_swept();
  }

  /// What was killed dies a moment later, and its memory is held until then. The kernel tells of it
  /// only for those that a pidfd was opened for.
  void tell_when_swept() {
    if (SteadyClock::now() < swept_by_ && !is_swept()) {
      arm(SteadyClock::now() + SweepStep);
      return;
    }
    const auto on_exit = std::move(options_.on_exit);
    if (on_exit) {
      on_exit(status_);
    }
  }

  bool is_swept() const {
    return descendants_.gone() && !group_lives(pid_) &&
           std::all_of(marked_.begin(), marked_.end(), [](const Leftover& leftover) {
             return await_exit(leftover.pidfd, std::chrono::milliseconds::zero());
           });
  }

  /// What left the group and has lost its parents.
  void sweep_marked() {
    for (const std::string& variable : options_.launch.environment) {
      if (is_own_marker(variable)) {
        marked_ = kill_marked(variable);
      }
    }
  }

  io::Poller& poller_;
  GroupGuard& guard_;
  ChildOptions options_;
  pid_t pid_ = -1;
  bool stopping_ = false;
  std::chrono::milliseconds timeout_{};  // of the stop
  bool killed_ = false;
  ExitStatus status_;
  Deadline swept_by_{};
  Descendants descendants_;
  std::vector<Leftover> marked_;
  std::unique_ptr<GroupLeader> leader_;        // null after its exit
  std::unique_ptr<GroupLeader> stop_command_;  // while it runs
};

Result<std::unique_ptr<Child>> Child::start(io::Loop& loop, GroupGuard& guard,
                                            ChildOptions options) {
  auto impl = std::make_unique<Impl>(loop, guard, std::move(options));
  if (const Result<void> started = impl->start(); !started) {
    return started.error();
  }
  return std::unique_ptr<Child>(new Child(std::move(impl)));
}

Child::Child(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Child::~Child() = default;

pid_t Child::pid() const {
  return impl_->pid();
}

void Child::stop(std::chrono::milliseconds timeout) {
  impl_->stop(timeout);
}

void Child::kill() {
  impl_->kill();
}

}  // namespace llmsnap::process
