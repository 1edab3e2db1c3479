#include <memory>
#include <string>

#include "catch.h"
#include "fake_server.h"
#include "io/fiber.h"
#include "scripted_body.h"
#include "unit/io/loop_runner.h"
#include "upstream/exchange.h"
#include "upstream/pool.h"

using namespace llmsnap;
using namespace llmsnap::upstream;

namespace {

/// What the exchange's fiber is interrupted by, for as long as this lives.
struct WatchedClient {
  WatchedClient() { io::Fiber::current()->watch(&interruption); }
  ~WatchedClient() { io::Fiber::current()->watch(nullptr); }
  void leave() { interruption.raise(io::WaitResult::ClientLeft); }
  io::Interruption interruption;
};

Result<std::unique_ptr<Exchange>> open(Pool& pool, const Url& url, BodySource* body = nullptr,
                                       ConnectionTimeouts timeouts = {}) {
  return Exchange::open(pool, {url, "POST", "/x", {}, body, timeouts, {}});
}

ConnectionTimeouts first_byte(int milliseconds) {
  ConnectionTimeouts timeouts;
  timeouts.response_header = std::chrono::milliseconds(milliseconds);
  return timeouts;
}

/// Sends half of an answer, then waits for the client's end.
auto half_an_answer(bool& saw_end) {
  return [&saw_end](Connection& connection) {
    connection.read_request();
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhel");
    saw_end = connection.read_to_end();
  };
}

}  // namespace

TEST_CASE("nobody listening is an upstream failure that names the server", "[upstream]") {
  io::run_on_fiber([] {
    Url url;
    {
      const FakeServer gone([](Connection&) {});
      url = gone.url();
    }
    Pool pool;
    const auto opened = open(pool, url);
    REQUIRE_FALSE(opened);
    CHECK(opened.error().code == ErrorCode::UpstreamFailed);
    CHECK(opened.error().message.find(url.authority()) != std::string::npos);
  });
}

TEST_CASE("a server that keeps silent is given up on", "[upstream]") {
  io::run_on_fiber([] {
    const auto* sent_first = GENERATE("", "HTTP/1.1 1", "HTTP/1.1 100 Continue\r\n\r\n");
    bool saw_end = false;
    {
      FakeServer server([&saw_end, sent_first](Connection& connection) {
        connection.read_request();
        connection.send(sent_first);
        saw_end = connection.read_to_end();
      });
      Pool pool;
      const auto opened = open(pool, server.url(), nullptr, first_byte(20));
      REQUIRE_FALSE(opened);
      CHECK(opened.error().code == ErrorCode::UpstreamTimeout);
      CHECK(server.connections() == 1);
    }
    CHECK(saw_end);
  });
}

TEST_CASE("a server that does not take the request is given up on, and sees it", "[upstream]") {
  bool saw_departure = false;
  io::run_on_fiber([&saw_departure] {
    FakeServer server([&saw_departure](Connection& connection) {
      saw_departure = connection.wait_for_departure();
    });
    Pool pool;
    ScriptedBody body({std::string(30'000'000, 'x')});
    const auto opened = open(pool, server.url(), &body, first_byte(20));
    REQUIRE_FALSE(opened);
    CHECK(opened.error().code == ErrorCode::UpstreamTimeout);
  });
  CHECK(saw_departure);
}

TEST_CASE("silence within an answer is bounded by the idle time", "[upstream]") {
  io::run_on_fiber([] {
    bool saw_end = false;
    {
      FakeServer server(half_an_answer(saw_end));
      Pool pool;
      ConnectionTimeouts timeouts;
      timeouts.idle = std::chrono::milliseconds(20);
      auto opened = open(pool, server.url(), nullptr, timeouts);
      REQUIRE(opened);
      CHECK(*(*opened)->pull() == "hel");
      const Result<std::string_view> second = (*opened)->pull();
      REQUIRE_FALSE(second);
      CHECK(second.error().code == ErrorCode::UpstreamTimeout);
      CHECK((*opened)->pull().error().code == ErrorCode::UpstreamTimeout);
    }
    CHECK(saw_end);
  });
}

TEST_CASE("a body that breaks ends the exchange with its own error", "[upstream]") {
  io::run_on_fiber([] {
    bool saw_end = false;
    {
      FakeServer server([&saw_end](Connection& connection) { saw_end = connection.read_to_end(); });
      Pool pool;
      ScriptedBody body({"first"});
      body.announced = 100;
      body.error = Error{ErrorCode::RequestTimeout, "the client stopped sending"};
      const auto opened = open(pool, server.url(), &body);
      REQUIRE_FALSE(opened);
      CHECK(opened.error().message == "the client stopped sending");
      CHECK(pool.idle() == 0);
    }
    CHECK(saw_end);
  });
}

TEST_CASE("a client that leaves closes the connection while the request is sent", "[upstream]") {
  bool saw_departure = false;
  io::run_on_fiber([&saw_departure] {
    WatchedClient client;
    FakeServer server([&saw_departure, &client](Connection& connection) {
      io::Fiber::yield();
      client.leave();
      saw_departure = connection.wait_for_departure();
    });
    Pool pool;
    ScriptedBody body({std::string(30'000'000, 'x')});
    const auto opened = open(pool, server.url(), &body);
    CHECK(opened.error().code == ErrorCode::ClientLeft);
    io::Fiber::current()->watch(nullptr);
  });
  CHECK(saw_departure);
}

TEST_CASE("a client that leaves closes the connection while its answer is awaited", "[upstream]") {
  io::run_on_fiber([] {
    bool saw_end = false;
    {
      WatchedClient client;
      FakeServer server([&](Connection& connection) {
        connection.read_request();
        client.leave();
        saw_end = connection.read_to_end();
      });
      Pool pool;
      const auto opened = open(pool, server.url());
      REQUIRE_FALSE(opened);
      CHECK(opened.error().code == ErrorCode::ClientLeft);
      CHECK(pool.idle() == 0);
      io::Fiber::current()->watch(nullptr);
    }
    CHECK(saw_end);
  });
}

TEST_CASE("a client that leaves closes the connection within the answer, at once", "[upstream]") {
  io::run_on_fiber([] {
    bool saw_end = false;
    WatchedClient client;
    io::Wait server_done;
    FakeServer server([&](Connection& connection) {
      connection.read_request();
      connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n");
      io::Fiber::yield();
      client.leave();
      saw_end = connection.read_to_end();
      server_done.notify();
    });
    Pool pool;
    auto opened = open(pool, server.url());
    REQUIRE(opened);
    CHECK(*(*opened)->pull() == "hi");
    const Result<std::string_view> second = (*opened)->pull();
    REQUIRE_FALSE(second);
    CHECK(second.error().code == ErrorCode::ClientLeft);
    // The exchange still lives: its connection must not.
    io::Fiber::current()->watch(nullptr);
    CHECK(server_done.until(soon()) == io::WaitResult::Event);
    CHECK(saw_end);
  });
}

TEST_CASE("dropping an exchange in the middle of its answer closes the connection", "[upstream]") {
  io::run_on_fiber([] {
    bool saw_end = false;
    {
      FakeServer server(half_an_answer(saw_end));
      Pool pool;
      auto opened = open(pool, server.url());
      REQUIRE(opened);
      CHECK(*(*opened)->pull() == "hel");
      opened->reset();
      CHECK(pool.idle() == 0);
    }
    CHECK(saw_end);
  });
}
