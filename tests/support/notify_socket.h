// NotifySocket: the service manager's end of NOTIFY_SOCKET.
// Thread rule: used by the test's thread.
#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <string>

#include "catch.h"

namespace llmsnap::test {

class NotifySocket {
 public:
  /// At a path, or at an abstract name behind `@`.
  explicit NotifySocket(const std::string& address)
      : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    REQUIRE(address.size() < sizeof at.sun_path);
    std::memcpy(at.sun_path, address.data(), address.size());
    if (address.starts_with('@')) {
      at.sun_path[0] = '\0';
    }
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.size());
    REQUIRE(::bind(socket_, reinterpret_cast<const sockaddr*>(&at), size) == 0);
  }
  ~NotifySocket() { ::close(socket_); }
  NotifySocket(const NotifySocket&) = delete;
  NotifySocket& operator=(const NotifySocket&) = delete;

  /// Whether a message is there: what was sent is.
  bool has_news() const {
    pollfd news{socket_, POLLIN, 0};
    return ::poll(&news, 1, 0) > 0;
  }

  /// Waits for the next message; empty: none came.
  std::string next() const {
    constexpr int PatienceMs = 20'000;
    pollfd news{socket_, POLLIN, 0};
    std::array<char, 4096> bytes{};
    const ssize_t count =
        ::poll(&news, 1, PatienceMs) > 0 ? ::recv(socket_, bytes.data(), bytes.size(), 0) : 0;
    return {bytes.data(), static_cast<std::size_t>(count > 0 ? count : 0)};
  }

 private:
  const int socket_;
};

}  // namespace llmsnap::test
