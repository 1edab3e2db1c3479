#include "loopback.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <ctime>

namespace bench {
namespace {

constexpr rlim_t WantedDescriptors = 65536;
constexpr int RaisedNice = -10;

}  // namespace

Fd::~Fd() {
  if (fd_ >= 0) {
    ::close(fd_);
  }
}

Endpoint loopback_endpoint(std::uint16_t port) {
  Endpoint endpoint;
  endpoint.address.sin_family = AF_INET;
  endpoint.address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  endpoint.address.sin_port = htons(port);
  endpoint.host = fmt::format("127.0.0.1:{}", port);
  return endpoint;
}

Outcome<Endpoint> parse_url(std::string_view url) {
  const std::string_view scheme = "http://";
  if (!url.starts_with(scheme)) {
    return Reason{fmt::format("{} does not begin with http://", url)};
  }
  std::string_view rest = url.substr(scheme.size());
  const auto slash = std::min(rest.find('/'), rest.size());
  const std::string_view authority = rest.substr(0, slash);
  const auto colon = authority.find(':');
  std::uint16_t port = 80;
  if (colon != std::string_view::npos) {
    const char* const end = authority.data() + authority.size();
    const auto [stop, error] = std::from_chars(authority.data() + colon + 1, end, port);
    if (error != std::errc{} || stop != end) {
      return Reason{fmt::format("{} has no valid port", url)};
    }
  }
  const std::string host(authority.substr(0, colon));
  Endpoint endpoint = loopback_endpoint(port);
  if (host != "localhost" && (inet_pton(AF_INET, host.c_str(), &endpoint.address.sin_addr) != 1 ||
                              (ntohl(endpoint.address.sin_addr.s_addr) >> 24) != 127)) {
    return Reason{fmt::format("{} is not on a loopback address", url)};
  }
  endpoint.host = authority;
  endpoint.prefix = rest.substr(slash);
  while (endpoint.prefix.ends_with('/')) {
    endpoint.prefix.pop_back();
  }
  return endpoint;
}

Outcome<Fd> listen_on(std::uint16_t port) {
  Fd fd(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int on = 1;
  setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const Endpoint here = loopback_endpoint(port);
  if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&here.address), sizeof here.address) != 0 ||
      listen(fd.get(), 4096) != 0) {
    return Reason{fmt::format("cannot listen on 127.0.0.1:{}: {}", port, std::strerror(errno))};
  }
  return fd;
}

std::uint16_t port_of(const Fd& listener) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

std::uint16_t free_port() {
  const auto listener = listen_on(0);
  return listener ? port_of(*listener) : 0;
}

Fd connect_to(const Endpoint& endpoint, Blocking blocking) {
  const int flags = SOCK_STREAM | SOCK_CLOEXEC | (blocking == Blocking::No ? SOCK_NONBLOCK : 0);
  Fd fd(socket(AF_INET, flags, 0));
  const int on = 1;
  setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (blocking == Blocking::Yes) {
    const timeval limit{5, 0};
    setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  }
  const auto* const address = reinterpret_cast<const sockaddr*>(&endpoint.address);
  if (connect(fd.get(), address, sizeof endpoint.address) != 0 && errno != EINPROGRESS) {
    return Fd();
  }
  return fd;
}

std::size_t raise_descriptor_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  rlimit wanted = limit;
  wanted.rlim_max = std::max(limit.rlim_max, WantedDescriptors);
  wanted.rlim_cur = wanted.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &wanted) != 0) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
  getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

void set_priority(Priority priority) {
  // Nice alone does not cut short the time slice of a gateway that is at work, which is some 10 ms.
  // On Linux 0 means the calling thread. Both fail without the privilege, which is no loss.
  const sched_param parameter{priority == Priority::Raised ? 1 : 0};
  sched_setscheduler(0, priority == Priority::Raised ? SCHED_FIFO : SCHED_OTHER, &parameter);
  setpriority(PRIO_PROCESS, 0, priority == Priority::Raised ? RaisedNice : 0);
}

std::int64_t now_ns() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

std::string chat_request(const Endpoint& endpoint, std::string_view body, std::string_view fields) {
  return fmt::format(
      "POST {}/v1/chat/completions HTTP/1.1\r\nHost: {}\r\nUser-Agent: bench\r\n"
      "Accept: */*\r\nContent-Type: application/json\r\n{}Content-Length: {}\r\n\r\n{}",
      endpoint.prefix, endpoint.host, fields, body.size(), body);
}

}  // namespace bench
