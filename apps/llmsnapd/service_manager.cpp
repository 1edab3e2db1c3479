#include "service_manager.h"

#include <fmt/format.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

namespace llmsnapd {
namespace {

constexpr const char* Variable = "NOTIFY_SOCKET";

/// As systemd compares it with its own clock.
std::uint64_t monotonic_microseconds() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000 +
         static_cast<std::uint64_t>(now.tv_nsec) / 1'000;
}

}  // namespace

ServiceManager ServiceManager::from_environment() {
  const char* address = ::getenv(Variable);
  std::string kept = address == nullptr ? "" : address;
  ::unsetenv(Variable);
  return ServiceManager(std::move(kept));
}

void ServiceManager::ready(std::string_view status) const {
  tell(fmt::format("READY=1\nSTATUS={}\n", status));
}

void ServiceManager::reloading() const {
  tell(fmt::format("RELOADING=1\nMONOTONIC_USEC={}\n", monotonic_microseconds()));
}

void ServiceManager::stopping(std::string_view status) const {
  tell(fmt::format("STOPPING=1\nSTATUS={}\n", status), Last::Yes);
}

void ServiceManager::tell(const std::string& message, Last last) const {
  const std::lock_guard lock(mutex_);
  if (!std::exchange(last_is_told_, last_is_told_ || last == Last::Yes)) {
    send(message);
  }
}

void ServiceManager::send(const std::string& message) const {
  sockaddr_un to{};
  const bool is_address = address_.starts_with('/') || address_.starts_with('@');
  if (!is_address || address_.size() >= sizeof to.sun_path) {
    return;
  }
  to.sun_family = AF_UNIX;
  std::memcpy(to.sun_path, address_.data(), address_.size());
  if (address_.starts_with('@')) {
    to.sun_path[0] = '\0';
  }
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (socket < 0) {
    return;
  }
  // Who does not listen misses it.
  static_cast<void>(::sendto(socket, message.data(), message.size(), MSG_NOSIGNAL,
                             reinterpret_cast<const sockaddr*>(&to), size));
  ::close(socket);
}

}  // namespace llmsnapd
