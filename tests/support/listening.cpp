#include "support/listening.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace llmsnap::test {
namespace {

UniqueFd listening(int family, const void* name, socklen_t size, int backlog) {
  UniqueFd fd(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::bind(fd.get(), static_cast<const sockaddr*>(name), size) != 0 ||
      ::listen(fd.get(), backlog) != 0) {
    throw std::runtime_error(std::string("a test cannot listen: ") + std::strerror(errno));
  }
  return fd;
}

}  // namespace

UniqueFd loopback_listener(const std::string& host, std::uint16_t port, int backlog) {
  if (host.find(':') != std::string::npos) {
    sockaddr_in6 name{};
    name.sin6_family = AF_INET6;
    name.sin6_addr = in6addr_loopback;
    name.sin6_port = htons(port);
    return listening(AF_INET6, &name, sizeof(name), backlog);
  }
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  name.sin_port = htons(port);
  return listening(AF_INET, &name, sizeof(name), backlog);
}

UniqueFd unix_listener(const std::string& path) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  std::memcpy(name.sun_path, path.data(), std::min(path.size(), sizeof(name.sun_path) - 1));
  return listening(AF_UNIX, &name, sizeof(name), 1024);
}

std::uint16_t port_of(const UniqueFd& listener) {
  sockaddr_storage name{};
  socklen_t size = sizeof(name);
  ::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&name), &size);
  if (name.ss_family == AF_INET6) {
    return ntohs(reinterpret_cast<sockaddr_in6*>(&name)->sin6_port);
  }
  return name.ss_family == AF_INET ? ntohs(reinterpret_cast<sockaddr_in*>(&name)->sin_port)
                                   : std::uint16_t{0};
}

}  // namespace llmsnap::test
