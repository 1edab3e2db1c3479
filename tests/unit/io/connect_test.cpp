#include "io/connect.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <optional>
#include <string>
#include <utility>

#include "base/unique_fd.h"
#include "catch.h"
#include "io/engine.h"
#include "io/resolver.h"
#include "loop_runner.h"
#include "support/full_backlog.h"
#include "support/temporary_folder.h"

using namespace llmsnap;
using namespace llmsnap::io;

namespace {

constexpr auto Patience = std::chrono::seconds(20);

SocketAddress loopback(const char* host, std::uint16_t port) {
  return numeric_address(host, port).at(0);
}

// A listener that accepts nobody; once its backlog is full, TCP packets to it vanish.
class Listening {
 public:
  explicit Listening(const SocketAddress& address, int backlog)
      : address_(address), fd_(::socket(address.storage.ss_family, SOCK_STREAM, 0)) {
    REQUIRE(::bind(fd_.get(), name(), address_.size) == 0);
    REQUIRE(::listen(fd_.get(), backlog) == 0);
    REQUIRE(::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&address_.storage),
                          &address_.size) == 0);
  }
  const SocketAddress& address() const { return address_; }
  std::uint16_t port() const {
    return ntohs(reinterpret_cast<const sockaddr_in*>(&address_.storage)->sin_port);
  }
  void accept_one() const { UniqueFd(::accept(fd_.get(), nullptr, nullptr)).reset(); }
  void fill_backlog() { full_.emplace(fd_.get()); }

 private:
  const sockaddr* name() const { return reinterpret_cast<const sockaddr*>(&address_.storage); }
  SocketAddress address_;
  UniqueFd fd_;
  std::optional<test::FullBacklog> full_;
};

}  // namespace

TEST_CASE("an address that swallows every packet does not keep its name from being reached",
          "[io]") {
  const Listening good(loopback("127.0.0.1", 0), 16);
  Listening swallowing(loopback("127.0.0.2", good.port()), 0);
  swallowing.fill_backlog();
  Resolver resolver([&](const std::string&, std::uint16_t) {
    return Lookup{0, {swallowing.address(), good.address()}};
  });
  Loop loop(LoopServices{&resolver, nullptr});
  run_on_fiber(loop, [&] {
    const auto url = parse_url("http://model.test:" + std::to_string(good.port()));
    const auto stream = connect(*url, {.deadline = deadline_in(Patience)});
    INFO((stream ? "" : stream.error().message));
    CHECK(stream);
  });
}

TEST_CASE("all addresses are tried, and the last reason is told", "[io]") {
  std::uint16_t port = 0;
  {
    const Listening gone(loopback("127.0.0.1", 0), 1);
    port = gone.port();
  }
  Resolver resolver([&](const std::string&, std::uint16_t) {
    return Lookup{0, {loopback("127.0.0.1", port), loopback("127.0.0.2", port)}};
  });
  Loop loop(LoopServices{&resolver, nullptr});
  run_on_fiber(loop, [&] {
    const auto url = parse_url("http://model.test:" + std::to_string(port));
    const auto stream = connect(*url, {.deadline = deadline_in(Patience)});
    REQUIRE_FALSE(stream);
    CHECK(stream.error().code == ErrorCode::UpstreamFailed);
    CHECK(stream.error().message.find(std::strerror(ECONNREFUSED)) != std::string::npos);
  });
}

namespace {

/// The kernel's timer of the connection to that local port, as /proc/net/tcp has it: what it is for
/// (2: to ask whether the other side is there), and hundredths of a second until then.
std::pair<int, int> timer_of_connection_to(std::uint16_t port) {
  std::ifstream table("/proc/self/net/tcp");
  std::string line;
  std::getline(table, line);
  while (std::getline(table, line)) {
    unsigned remote = 0;
    unsigned state = 0;
    unsigned timer = 0;
    unsigned left = 0;
    const int read = std::sscanf(line.c_str(), " %*d: %*x:%*x %*x:%x %x %*x:%*x %x:%x", &remote,
                                 &state, &timer, &left);
    if (read == 4 && remote == port && state == 1) {
      return {static_cast<int>(timer), static_cast<int>(left)};
    }
  }
  return {-1, -1};
}

}  // namespace

TEST_CASE("the kernel asks a silent server whether it is still there", "[io]") {
  Listening server(loopback("127.0.0.1", 0), 1);
  run_on_fiber([&] {
    const auto url = parse_url("http://127.0.0.1:" + std::to_string(server.port()));
    const auto stream = connect(
        *url, {.deadline = deadline_in(Patience), .keep_alive = std::chrono::milliseconds(4'500)});
    REQUIRE(stream);
    const auto [timer, left] = timer_of_connection_to(server.port());
    CHECK(timer == 2);
    CHECK(left > 0);
    CHECK(left <= 500);  // whole seconds
  });
}

TEST_CASE("an address that swallows every packet ends at the deadline", "[io]") {
  Listening swallowing(loopback("127.0.0.1", 0), 0);
  swallowing.fill_backlog();
  run_on_fiber([&] {
    const auto url = parse_url("http://127.0.0.1:" + std::to_string(swallowing.port()));
    const auto stream = connect(*url, {.deadline = deadline_in(std::chrono::milliseconds(50))});
    REQUIRE_FALSE(stream);
    CHECK(stream.error().code == ErrorCode::UpstreamTimeout);
  });
}

TEST_CASE("a Unix socket with a full backlog is tried again until there is room", "[io]") {
  const test::TemporaryFolder folder;
  const std::string path = folder.path("server");
  SocketAddress address;
  auto* name = reinterpret_cast<sockaddr_un*>(&address.storage);
  name->sun_family = AF_UNIX;
  std::memcpy(name->sun_path, path.c_str(), path.size() + 1);
  address.size = sizeof(sockaddr_un);
  Listening server(address, 0);
  server.fill_backlog();
  Url url;
  url.scheme = Url::Scheme::Unix;
  url.socket_path = path;
  run_on_fiber([&] {
    const auto late = connect(url, {.deadline = deadline_in(std::chrono::milliseconds(20))});
    REQUIRE_FALSE(late);
    CHECK(late.error().code == ErrorCode::UpstreamTimeout);
    start_fiber([&server] { server.accept_one(); });  // while the next one waits
    const auto stream = connect(url, {.deadline = deadline_in(Patience)});
    INFO((stream ? "" : stream.error().message));
    CHECK(stream);
  });
}
