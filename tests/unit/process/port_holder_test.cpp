#include "process/port_holder.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <utility>

#include "base/unique_fd.h"
#include "catch.h"

using namespace llmsnap;
using namespace llmsnap::process;

namespace {

struct Bound {
  UniqueFd socket;
  std::uint16_t port = 0;
};

/// A port of the kernel's choice.
Bound bound_to(const char* host) {
  const bool v6 = std::string(host).find(':') != std::string::npos;
  Bound bound{UniqueFd(::socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))};
  sockaddr_in6 six{};
  six.sin6_family = AF_INET6;
  sockaddr_in four{};
  four.sin_family = AF_INET;
  socklen_t size = v6 ? sizeof(six) : sizeof(four);
  auto* const address = v6 ? reinterpret_cast<sockaddr*>(&six) : reinterpret_cast<sockaddr*>(&four);
  ::inet_pton(v6 ? AF_INET6 : AF_INET, host,
              v6 ? static_cast<void*>(&six.sin6_addr) : static_cast<void*>(&four.sin_addr));
  if (::bind(bound.socket.get(), address, size) != 0) {
    return {};
  }
  ::getsockname(bound.socket.get(), address, &size);
  bound.port = ntohs(v6 ? six.sin6_port : four.sin_port);
  return bound;
}

UniqueFd connected_to(std::uint16_t port) {
  UniqueFd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const auto* const to = reinterpret_cast<const sockaddr*>(&address);
  REQUIRE(::connect(client.get(), to, sizeof(address)) == 0);
  return client;
}

}  // namespace

TEST_CASE("a port that is open to others is told from one of 127.0.0.1 alone", "[process]") {
  const auto [host, open] =
      GENERATE(table<const char*, bool>({{"0.0.0.0", true}, {"127.0.0.1", false}, {"::", true}}));
  const Bound bound = bound_to(host);
  REQUIRE(::listen(bound.socket.get(), 1) == 0);
  CHECK(is_open_to_others(bound.port) == open);
}

TEST_CASE("a listener on any address is seen, and who it is", "[process]") {
  const char* const host = GENERATE("127.0.0.1", "0.0.0.0", "127.0.0.2", "::1", "::");
  CAPTURE(host);
  Bound bound = bound_to(host);
  if (!bound.socket) {
    return;  // no IPv6 here
  }
  const int on = 1;
  ::setsockopt(bound.socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  REQUIRE(::listen(bound.socket.get(), 1) == 0);
  CHECK_FALSE(can_bind(bound.port));
  const auto holder = holder_of(bound.port);
  REQUIRE(holder);
  CHECK(holder->pid == ::getpid());
  CHECK(port_in_use(bound.port) ==
        fmt::format("port {} is used by process {} ({})", bound.port, ::getpid(), holder->command));

  bound.socket.reset();
  CHECK(can_bind(bound.port));
  CHECK_FALSE(holder_of(bound.port));
  CHECK(port_in_use(bound.port) == fmt::format("port {} is used by another process", bound.port));
}

TEST_CASE("a port that is bound and not listened on yet counts as held", "[process]") {
  const Bound bound = bound_to("127.0.0.1");
  CHECK_FALSE(can_bind(bound.port));
}

TEST_CASE("a connection that waits to be forgotten does not hold its port", "[process]") {
  Bound listener = bound_to("127.0.0.1");  // without SO_REUSEADDR: the hard case
  REQUIRE(::listen(listener.socket.get(), 1) == 0);
  UniqueFd client = connected_to(listener.port);
  UniqueFd server(::accept4(listener.socket.get(), nullptr, nullptr, SOCK_CLOEXEC));
  CHECK_FALSE(can_bind(listener.port));
  listener.socket.reset();
  CHECK_FALSE(can_bind(listener.port));
  server.reset();  // closes first, so the wait is on this port
  std::array<char, 1> end;
  CHECK(::read(client.get(), end.data(), end.size()) == 0);
  client.reset();
  CHECK(can_bind(listener.port));
}
