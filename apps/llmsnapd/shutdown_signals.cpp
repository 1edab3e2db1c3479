#include "shutdown_signals.h"

#include <poll.h>
#include <pthread.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <ctime>
#include <utility>

#include "config_watch.h"

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

namespace {

/// Until a signal is there, the files have news, or they must be looked at.
void wait_for_news(int signals, const ConfigWatch* watch) {
  std::array<pollfd, 2> waited{{{signals, POLLIN, 0}, {-1, POLLIN, 0}}};
  int timeout = -1;
  if (watch != nullptr) {
    waited[1].fd = watch->descriptor();
    if (const auto due = watch->due()) {
      const auto left =
          std::chrono::ceil<std::chrono::milliseconds>(*due - ConfigWatch::Clock::now());
      timeout = static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000));
    }
  }
  ::poll(waited.data(), waited.size(), timeout);
}

/// 0: none is there.
int take_signal(int signals) {
  signalfd_siginfo taken{};
  return ::read(signals, &taken, sizeof taken) == sizeof taken ? static_cast<int>(taken.ssi_signo)
                                                               : 0;
}

}  // namespace

void wait_for_end(const SignalActions& actions, ConfigWatch* watch) {
  const sigset_t set = set_of({SIGINT, SIGTERM, SIGHUP, SIGCHLD});
  const int signals = ::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
  for (;;) {
    const int signal = take_signal(signals);
    if (signal == SIGINT || signal == SIGTERM) {
      break;
    }
    if (signal == SIGCHLD) {
      actions.child_died();
    }
    if (signal == SIGHUP || (watch != nullptr && watch->changed(ConfigWatch::Clock::now()))) {
      actions.reload();
    }
    if (signal == 0) {
      wait_for_news(signals, watch);
    }
  }
  ::close(signals);
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
