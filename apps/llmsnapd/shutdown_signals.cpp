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

constexpr std::chrono::milliseconds CutBudget{2'000};

sigset_t set_of(std::initializer_list<int> signals) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : signals) {
    sigaddset(&set, signal);
  }
  return set;
}

// Returns at an INT or TERM, or after the time.
void wait_at_most(std::chrono::milliseconds time) {
  const sigset_t set = set_of({SIGINT, SIGTERM});
  const auto deadline = std::chrono::steady_clock::now() + time;
  int taken = -1;
  do {
    const auto rest = std::max<std::chrono::nanoseconds>(
        deadline - std::chrono::steady_clock::now(), std::chrono::nanoseconds::zero());
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(rest);
    const timespec timeout{static_cast<time_t>(seconds.count()),
                           static_cast<long>((rest - seconds).count())};
    taken = sigtimedwait(&set, nullptr, &timeout);
  } while (taken < 0 && errno == EINTR);
}

}  // namespace

void block_signals() {
  const sigset_t set = set_of({SIGINT, SIGTERM, SIGHUP});
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

void wait_for_end(const std::function<void()>& hung_up) {
  const sigset_t set = set_of({SIGINT, SIGTERM, SIGHUP});
  for (;;) {
    int signal = 0;
    if (sigwait(&set, &signal) != 0) {
      continue;
    }
    if (signal != SIGHUP) {
      return;
    }
    hung_up();
  }
}

ForcedExit::ForcedExit(std::chrono::milliseconds budget, std::function<void()> cut)
    : cut_(std::move(cut)), thread_([this, budget] { watch(budget); }) {}

ForcedExit::~ForcedExit() {
  over_ = true;
  // Sent to the thread alone, which has it blocked: it ends the wait now or the one to come.
  pthread_kill(thread_.native_handle(), SIGTERM);
  thread_.join();
}

void ForcedExit::watch(std::chrono::milliseconds budget) {
  wait_at_most(budget);
  if (over_) {
    return;
  }
  happened_ = true;
  cut_();
  wait_at_most(CutBudget);
  if (!over_) {
    _exit(1);
  }
}

}  // namespace llmsnapd
