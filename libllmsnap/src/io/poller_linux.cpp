#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <span>

#include "base/unique_fd.h"
#include "io/poller.h"
#include "io/sanitizer.h"

namespace llmsnap::io {

namespace {

/// The time that ends a wait, as a descriptor. A timeout given to epoll_wait is set up and taken
/// down by the kernel in each call; this one stays as it is for thousands of them.
class Alarm final : public PollTarget {
 public:
  Alarm() {
    if (!fd_) {
      // Without it no wait of this loop would end in time.
      std::perror("llmsnap: cannot create a timerfd");
      std::abort();
    }
  }

  int descriptor() const { return fd_.get(); }

  /// It goes off at `deadline`, or earlier if it was set so before.
  void ensure_by(Deadline deadline) {
    if (deadline >= at_) {
      return;
    }
    at_ = deadline;
    const auto time = std::max(deadline.time_since_epoch(), SteadyClock::duration(1));
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
    itimerspec once{};
    once.it_value.tv_sec = seconds.count();
    once.it_value.tv_nsec = std::chrono::nanoseconds(time - seconds).count();
    ::timerfd_settime(fd_.get(), TFD_TIMER_ABSTIME, &once, nullptr);
  }

 private:
  /// Not read: each setting is an edge of its own.
  void on_ready(Readiness) override { at_ = NoDeadline; }

  UniqueFd fd_{::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)};
  Deadline at_ = NoDeadline;
};

}  // namespace

struct Poller::State {
  UniqueFd epoll{::epoll_create1(EPOLL_CLOEXEC)};
  Alarm alarm;
  std::array<epoll_event, 256> events{};
  std::span<epoll_event> pending;  // of the batch that is being reported
};

Poller::Poller() : state_(std::make_unique<State>()) {
  add(state_->alarm.descriptor(), state_->alarm);
}
Poller::~Poller() = default;

bool Poller::add(int fd, PollTarget& target) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.ptr = &target;
  return ::epoll_ctl(state_->epoll.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

void Poller::remove(int fd, PollTarget& target) {
  ::epoll_ctl(state_->epoll.get(), EPOLL_CTL_DEL, fd, nullptr);
  for (epoll_event& event : state_->pending) {
    if (event.data.ptr == &target) {
      event.data.ptr = nullptr;
    }
  }
}

namespace {

constexpr int NoWait = 0;
constexpr int NoTimeout = -1;

/// epoll_wait without its cancellation point; see io/transfer.h.
int epoll_wait_now(int epoll, std::span<epoll_event> events, int timeout) {
  const auto room = static_cast<int>(events.size());
  if constexpr (SanitizersActive) {
    return ::epoll_wait(epoll, events.data(), room, timeout);
  }
  return static_cast<int>(
      ::syscall(SYS_epoll_pwait, epoll, events.data(), room, timeout, nullptr, std::size_t{0}));
}

}  // namespace

void Poller::wait(Deadline deadline) {
  if (deadline != Deadline::min()) {
    state_->alarm.ensure_by(deadline);
  }
  const int timeout = deadline == Deadline::min() ? NoWait : NoTimeout;
  const int count = epoll_wait_now(state_->epoll.get(), state_->events, timeout);
  if (count <= 0) {
    return;  // nothing was ready, or EINTR; anything else would be a bug of ours
  }
  state_->pending = std::span(state_->events).first(static_cast<std::size_t>(count));
  while (!state_->pending.empty()) {
    const epoll_event event = state_->pending.front();
    state_->pending = state_->pending.subspan(1);
    if (event.data.ptr == nullptr) {
      continue;
    }
    const std::uint32_t bits = event.events;
    Readiness readiness;
    readiness.peer_closed = (bits & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
    readiness.readable = (bits & EPOLLIN) != 0 || readiness.peer_closed;
    readiness.writable = (bits & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0;
    static_cast<PollTarget*>(event.data.ptr)->on_ready(readiness);
  }
}

}  // namespace llmsnap::io
