// FullBacklog: keeps a listener's queue of connections full: the kernel answers further ones with
// silence (TCP) or EAGAIN (Unix). Thread rule: made and destroyed by the test's thread.
#pragma once

#include <sys/socket.h>

#include <cerrno>
#include <vector>

#include "base/unique_fd.h"

namespace llmsnap::test {

class FullBacklog {
 public:
  /// `listener`: listens with backlog 0.
  explicit FullBacklog(int listener) {
    sockaddr_storage name{};
    socklen_t size = sizeof(name);
    ::getsockname(listener, reinterpret_cast<sockaddr*>(&name), &size);
    bool room = true;
    for (int i = 0; i < MoreThanFit && room; ++i) {
      waiting_.emplace_back(
          ::socket(name.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
      room =
          ::connect(waiting_.back().get(), reinterpret_cast<const sockaddr*>(&name), size) == 0 ||
          errno != EAGAIN;
    }
  }

 private:
  static constexpr int MoreThanFit = 4;
  std::vector<UniqueFd> waiting_;
};

}  // namespace llmsnap::test
