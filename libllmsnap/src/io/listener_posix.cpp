#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "io/listener.h"
#include "io/timers.h"

namespace llmsnap::io {
namespace {

constexpr int Backlog = 1024;
constexpr auto RetryPause = std::chrono::milliseconds(10);
constexpr auto ReportPause = std::chrono::seconds(1);
/// So that a flood of connections does not keep the loop from its other work.
constexpr int AcceptsPerRound = 64;

Error cannot_listen(const ListenAddress& address, const std::string& why) {
  return {ErrorCode::InvalidConfig, "cannot listen on " + address.text() + ": " + why};
}

/// True if the file is a socket that nobody listens on any more.
bool is_stale_socket(const sockaddr_un& name, socklen_t size) {
  struct stat status {};
  if (::stat(name.sun_path, &status) != 0 || !S_ISSOCK(status.st_mode)) {
    return false;
  }
  // Non-blocking: a stuck owner may have a full backlog.
  const UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  return ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&name), size) != 0 &&
         errno == ECONNREFUSED;
}

Result<UniqueFd> open_unix(const ListenAddress& address) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  if (address.path.size() >= sizeof(name.sun_path)) {
    return cannot_listen(address, "the path is too long for a socket");
  }
  std::memcpy(name.sun_path, address.path.data(), address.path.size());
  const auto size =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.path.size() + 1);
  if (is_stale_socket(name, size)) {
    ::unlink(name.sun_path);
  }
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd || ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&name), size) != 0 ||
      ::listen(fd.get(), Backlog) != 0) {
    return cannot_listen(address, std::strerror(errno));
  }
  return fd;
}

Result<UniqueFd> open_tcp(const ListenAddress& address, const addrinfo& at) {
  UniqueFd fd(::socket(at.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) {
    return cannot_listen(address, std::strerror(errno));
  }
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (at.ai_family == AF_INET6) {
    const int only_v6 = address.host.empty() ? 0 : 1;
    ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &only_v6, sizeof(only_v6));
  }
  if (::bind(fd.get(), at.ai_addr, at.ai_addrlen) != 0 || ::listen(fd.get(), Backlog) != 0) {
    return cannot_listen(address, std::strerror(errno));
  }
  return fd;
}

/// The first of the host's addresses that can be bound; no host means all addresses of both
/// families.
Result<UniqueFd> open_tcp(const ListenAddress& address) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const std::string host = address.host.empty() ? "::" : address.host;
  const int error =
      ::getaddrinfo(host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
  if (error != 0) {
    return cannot_listen(address, ::gai_strerror(error));
  }
  Result<UniqueFd> opened = cannot_listen(address, "the host has no address");
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    opened = open_tcp(address, *at);
    if (opened) {
      break;
    }
  }
  ::freeaddrinfo(found);
  if (!opened && address.host.empty()) {
    ListenAddress v4_only = address;  // a machine without IPv6
    v4_only.host = "0.0.0.0";
    return open_tcp(v4_only);
  }
  return opened;
}

std::uint16_t bound_port(int fd) {
  sockaddr_storage name{};
  socklen_t size = sizeof(name);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size);
  return ntohs(name.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(name).sin6_port
                                          : reinterpret_cast<sockaddr_in&>(name).sin_port);
}

std::string numeric_text(const sockaddr_storage& name) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (name.ss_family == AF_INET6) {
    const in6_addr& address = reinterpret_cast<const sockaddr_in6&>(name).sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(&address)) {
      ::inet_ntop(AF_INET, &address.s6_addr[12], text.data(), text.size());
    } else {
      ::inet_ntop(AF_INET6, &address, text.data(), text.size());
    }
  } else if (name.ss_family == AF_INET) {
    ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(name).sin_addr, text.data(),
                text.size());
  }
  return text.data();
}

bool is_loopback(const sockaddr_storage& name) {
  if (name.ss_family == AF_UNIX) {
    return true;
  }
  const std::string text = numeric_text(name);
  return text == "::1" || text.rfind("127.", 0) == 0;
}

/// The listener stays usable: the connection that failed was the client's bad luck.
bool concerns_one_connection(int error) {
  return error == ECONNABORTED || error == EPROTO || error == EPERM || error == EINTR ||
         error == ENETDOWN || error == ENOPROTOOPT || error == EHOSTDOWN || error == ENONET ||
         error == EHOSTUNREACH || error == EOPNOTSUPP || error == ENETUNREACH;
}

}  // namespace

/// Tries again after an error that time cures (no descriptors, no memory).
class Listener::Retry final : public Timer {
 public:
  Retry(Timers& timers, Listener& listener) : Timer(timers), listener_(listener) {}

 private:
  void expired() override { listener_.on_ready({}); }
  Listener& listener_;
};

Listener::Listener(ListenAddress address, UniqueFd fd)
    : address_(std::move(address)), fd_(std::move(fd)) {
  struct stat status {};
  if (address_.kind == ListenAddress::Kind::Unix && ::stat(address_.path.c_str(), &status) == 0) {
    file_device_ = status.st_dev;
    file_number_ = status.st_ino;
  }
}

Listener::~Listener() {
  stop();
}

Result<std::unique_ptr<Listener>> Listener::open(const ListenAddress& address) {
  const bool is_unix = address.kind == ListenAddress::Kind::Unix;
  Result<UniqueFd> fd = is_unix ? open_unix(address) : open_tcp(address);
  if (!fd) {
    return fd.error();
  }
  ListenAddress bound = address;
  if (!is_unix) {
    bound.port = bound_port(fd->get());
  }
  return std::unique_ptr<Listener>(new Listener(std::move(bound), std::move(*fd)));
}

void Listener::start(Loop& loop, std::function<void(Accepted)> on_accept,
                     std::function<void(std::string_view)> on_trouble) {
  loop_ = &loop;
  on_accept_ = std::move(on_accept);
  on_trouble_ = std::move(on_trouble);
  retry_ = std::make_unique<Retry>(loop.timers(), *this);
  if (!loop.poller().add(fd_.get(), *this)) {
    report(errno);
  }
}

/// Not one that somebody else has put in its place.
void Listener::remove_socket_file() {
  struct stat status {};
  if (::stat(address_.path.c_str(), &status) == 0 && status.st_dev == file_device_ &&
      status.st_ino == file_number_) {
    ::unlink(address_.path.c_str());
  }
}

void Listener::stop() {
  if (!fd_) {
    return;
  }
  if (loop_ != nullptr) {
    loop_->poller().remove(fd_.get(), *this);
    retry_.reset();
  }
  if (address_.kind == ListenAddress::Kind::Unix) {
    remove_socket_file();  // before the close: afterwards the name may be a successor's
  }
  fd_.reset();
}

void Listener::on_ready(Readiness) {
  for (int i = 0; i < AcceptsPerRound; ++i) {
    if (!fd_ || !accept_one()) {
      return;
    }
  }
  retry_->arm(SteadyClock::now());  // more may wait; edge-triggered, nobody would tell again
}

bool Listener::accept_one() {
  sockaddr_storage peer{};
  socklen_t size = sizeof(peer);
  UniqueFd fd(::accept4(fd_.get(), reinterpret_cast<sockaddr*>(&peer), &size,
                        SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!fd) {
    const int error = errno;
    if (error == EAGAIN || error == EWOULDBLOCK) {
      return false;
    }
    report(error);
    if (concerns_one_connection(error)) {
      return true;
    }
    retry_->arm(SteadyClock::now() + RetryPause);
    return false;
  }
  sockaddr_storage local{};
  socklen_t local_size = sizeof(local);
  ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&local), &local_size);
  if (local.ss_family != AF_UNIX) {
    const int on = 1;
    ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    ::setsockopt(fd.get(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
  }
  on_accept_({std::move(fd), numeric_text(peer), is_loopback(local)});
  return true;
}

void Listener::report(int error) {
  const auto now = SteadyClock::now();
  if (error != EINTR && error != ECONNABORTED && now - last_report_ >= ReportPause) {
    last_report_ = now;
    on_trouble_("cannot accept a connection on " + address_.text() + ": " + std::strerror(error));
  }
}

}  // namespace llmsnap::io
