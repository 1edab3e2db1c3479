#include "shutdown_signals.h"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <utility>

namespace llmsnapd {
namespace {

sigset_t set_of(std::initializer_list<int> signals) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : signals) {
    sigaddset(&set, signal);
  }
  return set;
}

/// Between our own threads, once the signals that end the program are waited for elsewhere: look at
/// the flags again. One from outside does no more than that.
constexpr int Nudge = SIGHUP;

/// The INT, TERM or nudge that came first, or 0 at the deadline.
int next_signal(std::chrono::steady_clock::time_point deadline) {
  const sigset_t set = set_of({SIGINT, SIGTERM, Nudge});
  for (;;) {
    const auto rest = std::max<std::chrono::nanoseconds>(
        deadline - std::chrono::steady_clock::now(), std::chrono::nanoseconds::zero());
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(rest);
    const timespec timeout{static_cast<time_t>(seconds.count()),
                           static_cast<long>((rest - seconds).count())};
    const int taken = sigtimedwait(&set, nullptr, &timeout);
    if (taken > 0 || errno != EINTR) {
      return std::max(taken, 0);
    }
  }
}

}  // namespace

void block_signals() {
  const sigset_t set = set_of({SIGINT, SIGTERM, SIGHUP, SIGCHLD});
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

void wait_for_end(const SignalActions& actions) {
  const sigset_t set = set_of({SIGINT, SIGTERM, SIGHUP, SIGCHLD});
  for (;;) {
    const int signal = sigwaitinfo(&set, nullptr);
    if (signal == SIGINT || signal == SIGTERM) {
      return;
    }
    if (signal == SIGCHLD) {
      actions.child_died();
    } else if (signal == SIGHUP) {
      actions.reload();
    }
  }
}

ForcedExit::ForcedExit(std::chrono::milliseconds budget, std::function<void()> cut)
    : cut_(std::move(cut)), thread_([this, budget] { watch(budget); }) {}

ForcedExit::~ForcedExit() {
  over_ = true;
  // Sent to the thread alone, which has it blocked: it ends the wait now or the one to come.
  pthread_kill(thread_.native_handle(), Nudge);
  thread_.join();
}

void ForcedExit::watch(std::chrono::milliseconds budget) {
  const auto drained = std::chrono::steady_clock::now() + budget;
  while (!over_ && next_signal(drained) == Nudge) {
  }
  if (over_) {
    return;
  }
  happened_ = true;
  std::atomic<bool> was_cut = false;
  // On a thread of its own: whatever holds it up, this one ends the process.
  std::thread cutter([this, &was_cut, watcher = pthread_self()] {
    cut_();
    was_cut = true;
    pthread_kill(watcher, Nudge);
  });
  const auto deadline = std::chrono::steady_clock::now() + CutBudget;
  while (!over_ || !was_cut) {
    if (next_signal(deadline) != Nudge) {
      _exit(1);
    }
  }
  cutter.join();
}

}  // namespace llmsnapd
