#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>

#include "base/unique_fd.h"
#include "io/poller.h"
#include "io/sanitizer.h"

namespace llmsnap::io {

struct Poller::State {
  UniqueFd epoll{::epoll_create1(EPOLL_CLOEXEC)};
  std::array<epoll_event, 256> events{};
  std::span<epoll_event> pending;  // of the batch that is being reported
};

Poller::Poller() : state_(std::make_unique<State>()) {}
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

int timeout_until(Deadline deadline) {
  if (deadline == NoDeadline) {
    return -1;
  }
  // Rounded up: waking a moment early would mean going round once for nothing.
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - SteadyClock::now());
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 3'600'000));
}

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
  const int timeout = deadline == Deadline::min() ? 0 : timeout_until(deadline);
  const int count = epoll_wait_now(state_->epoll.get(), state_->events, timeout);
  if (count <= 0) {
    return;  // a timeout or EINTR; anything else would be a bug of ours
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
