#include "reload_thread.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>

#include "config_watch.h"

namespace llmsnapd {
namespace {

int new_bell() {
  const int bell = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (bell < 0) {
    throw std::system_error(errno, std::generic_category(), "cannot make an eventfd");
  }
  return bell;
}

}  // namespace

ReloadThread::ReloadThread(std::function<void()> reload, ConfigWatch* watch)
    : reload_(std::move(reload)), watch_(watch), bell_(new_bell()), thread_([this] { run(); }) {}

ReloadThread::~ReloadThread() {
  tell(News::End);
  thread_.join();
  ::close(bell_);
}

void ReloadThread::request() {
  tell(News::Request);
}

void ReloadThread::tell(News news) const {
  ::eventfd_write(bell_, static_cast<eventfd_t>(news));
}

/// Until there is news, or the files must be looked at.
void ReloadThread::wait_for_news() const {
  std::array<pollfd, 2> waited{{{bell_, POLLIN, 0}, {-1, POLLIN, 0}}};
  int timeout = -1;
  if (watch_ != nullptr) {
    waited[1].fd = watch_->descriptor();
    if (const auto due = watch_->due()) {
      const auto left =
          std::chrono::ceil<std::chrono::milliseconds>(*due - ConfigWatch::Clock::now());
      timeout = static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000));
    }
  }
  ::poll(waited.data(), waited.size(), timeout);
}

void ReloadThread::run() {
  for (;;) {
    eventfd_t news = 0;
    ::eventfd_read(bell_, &news);  // leaves it at 0 where there is none
    if (news >= static_cast<eventfd_t>(News::End)) {
      return;
    }
    if (news > 0 || (watch_ != nullptr && watch_->changed(ConfigWatch::Clock::now()))) {
      reload_();
    } else {
      wait_for_news();
    }
  }
}

}  // namespace llmsnapd
