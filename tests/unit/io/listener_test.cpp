#include "io/listener.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <future>

#include "catch.h"
#include "io/connect.h"
#include "io/engine.h"
#include "io/fiber.h"
#include "io/socket.h"
#include "loop_runner.h"
#include "support/temporary_folder.h"

using namespace llmsnap;
using namespace llmsnap::io;

namespace {

ListenAddress address(const char* text) {
  Result<ListenAddress> parsed = parse_listen(text);
  REQUIRE(parsed);
  return *parsed;
}

/// Connects to the listener and sends five bytes through what it accepts.
void check_round_trip(Listener& listener, const Url& url) {
  run_on_fiber([&] {
    Accepted accepted;
    Wait arrived;
    listener.start(
        *Loop::current(),
        [&](Accepted got) {
          accepted = std::move(got);
          arrived.notify();
        },
        [](std::string_view) {});
    Result<std::unique_ptr<Stream>> near =
        connect(url, {.deadline = deadline_in(std::chrono::seconds(10))});
    REQUIRE(near);
    REQUIRE(arrived.until(deadline_in(std::chrono::seconds(10))) == WaitResult::Event);
    CHECK(accepted.to_loopback);
    TcpStream far(std::make_unique<Socket>(*Loop::current(), std::move(accepted.fd)));
    REQUIRE((*near)->write_all("hello", std::chrono::seconds(1)));
    std::array<char, 64> buffer{};
    CHECK(far.read_some(buffer, deadline_in(std::chrono::seconds(10))).bytes == 5);
    listener.stop();
  });
}

}  // namespace

TEST_CASE("connections are accepted over IPv4, IPv6 and a Unix socket", "[io]") {
  SECTION("IPv4") {
    auto listener = Listener::open(address("127.0.0.1:0"));
    REQUIRE(listener);
    CHECK((*listener)->address().port != 0);
    check_round_trip(**listener,
                     *parse_url("http://127.0.0.1:" + std::to_string((*listener)->address().port)));
  }
  SECTION("IPv6") {
    auto listener = Listener::open(address("[::1]:0"));
    REQUIRE(listener);
    check_round_trip(**listener,
                     *parse_url("http://[::1]:" + std::to_string((*listener)->address().port)));
  }
  SECTION("every address, by IPv4") {
    auto listener = Listener::open(address(":0"));
    REQUIRE(listener);
    check_round_trip(**listener,
                     *parse_url("http://127.0.0.1:" + std::to_string((*listener)->address().port)));
  }
  SECTION("Unix") {
    const test::TemporaryFolder folder;
    const std::string path = folder.path("listener");
    {
      auto listener = Listener::open(address(("unix:" + path).c_str()));
      REQUIRE(listener);
      check_round_trip(**listener, *parse_url("unix:" + path));
    }
    CHECK(::access(path.c_str(), F_OK) != 0);
  }
}

TEST_CASE("a port in use is an error that names the address", "[io]") {
  auto first = Listener::open(address("127.0.0.1:0"));
  REQUIRE(first);
  auto second = Listener::open((*first)->address());
  REQUIRE_FALSE(second);
  CHECK(second.error().message.find((*first)->address().text()) != std::string::npos);
  CHECK(second.error().message.find("in use") != std::string::npos);
}

TEST_CASE("a socket file that nobody serves is replaced, one in use is not", "[io]") {
  const test::TemporaryFolder folder;
  const std::string path = folder.path("listener");
  {
    auto first = Listener::open(address(("unix:" + path).c_str()));
    REQUIRE(first);
    CHECK_FALSE(Listener::open(address(("unix:" + path).c_str())));
  }
  {
    auto listener = Listener::open(address(("unix:" + path).c_str()));
    REQUIRE(listener);
    REQUIRE(::link(path.c_str(), (path + ".left").c_str()) == 0);
  }
  REQUIRE(::rename((path + ".left").c_str(), path.c_str()) == 0);
  CHECK(Listener::open(address(("unix:" + path).c_str())));
}

TEST_CASE("a refused connection is an error that names the server", "[io]") {
  std::uint16_t port = 0;
  {
    auto listener = Listener::open(address("127.0.0.1:0"));
    REQUIRE(listener);
    port = (*listener)->address().port;
  }
  run_on_fiber([port] {
    auto stream = connect(*parse_url("http://127.0.0.1:" + std::to_string(port)), {});
    REQUIRE_FALSE(stream);
    CHECK(stream.error().code == ErrorCode::UpstreamFailed);
    CHECK(stream.error().message.find("127.0.0.1:" + std::to_string(port)) != std::string::npos);
  });
}

TEST_CASE("a name is resolved off the loop", "[io]") {
  auto listener = Listener::open(address("127.0.0.1:0"));
  REQUIRE(listener);
  const Url url = *parse_url("http://localhost:" + std::to_string((*listener)->address().port));
  Engine engine(EngineOptions{});
  bool connected = false;
  std::string failure;
  std::promise<void> done;
  engine.loop(0).post([&] {
    start_fiber([&] {
      auto stream = connect(url, {.deadline = deadline_in(std::chrono::seconds(10))});
      connected = static_cast<bool>(stream);
      failure = stream ? "" : stream.error().message;
      done.set_value();
    });
  });
  done.get_future().wait();
  INFO(failure);
  CHECK(connected);
}
