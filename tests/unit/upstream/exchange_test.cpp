#include "upstream/exchange.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "catch.h"
#include "fake_server.h"
#include "scripted_body.h"
#include "scripted_stream.h"
#include "unit/io/loop_runner.h"
#include "upstream/blocks.h"
#include "upstream/pool.h"

using namespace llmsnap;
using namespace llmsnap::upstream;

namespace {

const std::string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";

/// Answers each request with `answer` until the client closes.
FakeServer::Behaviour always(std::string answer) {
  return [answer = std::move(answer)](Connection& connection) {
    while (!connection.read_request().empty()) {
      connection.send(answer);
    }
  };
}

Result<std::unique_ptr<Exchange>> open(Pool& pool, const Url& url, BodySource* body = nullptr,
                                       std::string_view method = "POST") {
  return Exchange::open(pool, {url, method, "/x", {}, body, {}, {}});
}

std::string pull_all(Exchange& exchange) {
  std::string body;
  for (;;) {
    const Result<std::string_view> piece = exchange.pull();
    if (!piece) {
      return body + "|" + piece.error().message;
    }
    if (piece->empty()) {
      return body;
    }
    body += *piece;
  }
}

/// One exchange from its request to its last byte.
std::string ask(Pool& pool, const Url& url, BodySource* body = nullptr,
                std::string_view method = "POST") {
  auto opened = open(pool, url, body, method);
  return opened ? pull_all(**opened) : "error: " + opened.error().message;
}

}  // namespace

TEST_CASE("a request goes out as given and its answer comes back", "[upstream]") {
  io::run_on_fiber([] {
    std::string request;
    FakeServer server([&request](Connection& connection) {
      request = connection.read_request();
      connection.send("HTTP/1.1 201 Made\r\nX-A: b\r\nContent-Length: 2\r\n\r\nhi");
      connection.read_to_end();
    });
    Pool pool;
    Url url = server.url();
    url.base_path = "/base";
    ScriptedBody body({"hel", "lo"});
    const std::vector<wire::Field> fields{{"Host", "model"}, {"X-B", "1"}};
    auto opened = Exchange::open(pool, {url, "POST", "/v1/x?q=1", fields, &body, {}, {}});
    REQUIRE(opened);
    CHECK((*opened)->head().status == 201);
    CHECK((*opened)->head().reason == "Made");
    CHECK((*opened)->length() == 2);
    CHECK(pull_all(**opened) == "hi");
    CHECK(
        request ==
        "POST /base/v1/x?q=1 HTTP/1.1\r\nHost: model\r\nX-B: 1\r\nContent-Length: 5\r\n\r\nhello");
    pool.clear();
  });
}

TEST_CASE("a connection is used again after an answer that ended where it said", "[upstream]") {
  struct Row {
    const char* answer;
    const char* method;
    const char* body;
  };
  const auto row = GENERATE(
      Row{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "GET", "hi"},
      Row{"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "GET", ""},
      Row{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", "GET", "hi"},
      Row{"HTTP/1.1 204 No Content\r\n\r\n", "GET", ""},
      Row{"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", "GET", ""},
      Row{"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", "HEAD", ""},
      Row{"HTTP/1.1 103 Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "GET", "hi"},
      Row{"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nhi", "GET", "hi"});
  CAPTURE(row.answer);
  io::run_on_fiber([&row] {
    FakeServer server(always(row.answer));
    Pool pool;
    for (int i = 0; i < 5; ++i) {
      CHECK(ask(pool, server.url(), nullptr, row.method) == row.body);
      CHECK(pool.idle() == 1);
    }
    CHECK(server.connections() == 1);
  });
}

TEST_CASE("a connection is closed after an answer that forbids its use", "[upstream]") {
  const auto* answer =
      GENERATE("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi",
               "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi",
               "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiHTTP/1.1 200 OK\r\n",
               "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\nX");
  CAPTURE(answer);
  io::run_on_fiber([&answer] {
    FakeServer server(always(answer));
    Pool pool;
    CHECK(ask(pool, server.url()) == "hi");
    CHECK(pool.idle() == 0);
    CHECK(ask(pool, server.url()) == "hi");
    CHECK(server.connections() == 2);
  });
}

TEST_CASE("an answer whose last read took all its room still frees its connection", "[upstream]") {
  io::run_on_fiber([] {
    const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 4055\r\n\r\n";
    const std::string answer = head + std::string(4055, 'x');
    REQUIRE(answer.size() == BlockList::Small);
    FakeServer server(always(answer));
    Pool pool;
    CHECK(ask(pool, server.url()).size() == 4055);
    CHECK(pool.idle() == 1);
    CHECK(ask(pool, server.url()).size() == 4055);
    CHECK(server.connections() == 1);
  });
}

TEST_CASE("an answer that ends with the connection is complete", "[upstream]") {
  io::run_on_fiber([] {
    FakeServer server([](Connection& connection) {
      connection.read_request();
      connection.send("HTTP/1.1 200 OK\r\n\r\nhello");
    });
    Pool pool;
    CHECK(ask(pool, server.url()) == "hello");
    CHECK(pool.idle() == 0);
  });
}

TEST_CASE("a failed reuse is tried again once, when nothing is lost by it", "[upstream]") {
  struct Row {
    const char* name;
    std::string first_answer;  ///< what the reused connection gives before it ends
    io::IoStatus ends_with;
    bool with_body;
    bool rewindable;
    bool retried;
  };
  const auto row =
      GENERATE(Row{"closed, no body", "", io::IoStatus::End, false, false, true},
               Row{"reset, no body", "", io::IoStatus::Failed, false, false, true},
               Row{"closed, body that rewinds", "", io::IoStatus::End, true, true, true},
               Row{"closed, body that does not", "", io::IoStatus::End, true, false, false},
               Row{"one byte came", "H", io::IoStatus::End, false, false, false},
               Row{"an interim answer came", "HTTP/1.1 100 Continue\r\n\r\n", io::IoStatus::End,
                   false, false, false},
               Row{"time was up", "", io::IoStatus::Deadline, false, false, false},
               Row{"the client left", "", io::IoStatus::ClientLeft, false, false, false},
               Row{"shutting down", "", io::IoStatus::Shutdown, false, false, false});
  CAPTURE(row.name);
  io::run_on_fiber([&row] {
    FakeServer server(always(Ok));
    StreamScript script;
    if (!row.first_answer.empty()) {
      script.arrivals = {{row.first_answer, StreamScript::Never}};
    }
    script.then = {row.ends_with, 0, ECONNRESET};
    ScriptedBody body({"hello"});
    body.rewindable = row.rewindable;
    Pool pool;
    pool.give_back(server.url(), std::make_unique<ScriptedStream>(script));
    const std::string got = ask(pool, server.url(), row.with_body ? &body : nullptr);
    CHECK(script.closed);
    CHECK_FALSE(script.written.empty());
    CHECK(server.connections() == (row.retried ? 1 : 0));
    CHECK((got == "hi") == row.retried);
  });
}

TEST_CASE("what an idle connection says while a body's first piece is awaited answers nothing",
          "[upstream]") {
  struct SlowBody final : BodySource {
    explicit SlowBody(io::Stream*& its_idle) : idle(its_idle) {}
    Result<std::string_view> pull() override {
      if (io::Stream* const server_side = std::exchange(idle, nullptr)) {
        server_side->write_all("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n",
                               std::chrono::seconds(1));
        server_side->shutdown_write();
      }
      return std::string_view("hello");
    }
    std::optional<std::uint64_t> length() const override { return 5; }
    io::Stream*& idle;
  };
  io::run_on_fiber([] {
    io::Stream* idle = nullptr;
    FakeServer server([&idle](Connection& connection) {
      connection.read_request();
      connection.send(Ok);
      if (connection.number() == 1) {
        idle = &connection.stream();
      }
      connection.read_to_end();
    });
    // Looked at each time: whether the loop has seen the end already is not what this is about.
    Pool pool({8, std::chrono::seconds(60), std::chrono::milliseconds(0)});
    CHECK(ask(pool, server.url()) == "hi");
    REQUIRE(pool.idle() == 1);
    SlowBody body(idle);
    CHECK(ask(pool, server.url(), &body) == "hi");
    CHECK(server.connections() == 2);
    pool.clear();
  });
}

TEST_CASE("a reused connection that breaks while we write is tried again", "[upstream]") {
  io::run_on_fiber([] {
    std::string request;
    FakeServer server([&request](Connection& connection) {
      request = connection.read_request();
      connection.send(Ok);
      connection.read_to_end();
    });
    StreamScript script;
    script.breaks_after = 0;
    ScriptedBody body({std::string(50'000, 'x')});
    {
      Pool pool;
      pool.give_back(server.url(), std::make_unique<ScriptedStream>(script));
      CHECK(ask(pool, server.url(), &body) == "hi");
    }
    CHECK(body.rewinds == 1);
    CHECK(request.size() > 50'000);
  });
}

TEST_CASE("a new connection that gives nothing is not tried again", "[upstream]") {
  io::run_on_fiber([] {
    FakeServer server([](Connection& connection) { connection.read_request(); });
    Pool pool;
    const std::string got = ask(pool, server.url());
    CHECK(got.find("error: read the answer of http://127.0.0.1:") == 0);
    CHECK(got.find("the connection was closed without an answer") != std::string::npos);
    CHECK(server.connections() == 1);
  });
}

TEST_CASE("a second failure is not followed by a third try", "[upstream]") {
  io::run_on_fiber([] {
    FakeServer server([](Connection& connection) { connection.read_request(); });
    StreamScript first;
    StreamScript second;
    Pool pool;
    pool.give_back(server.url(), std::make_unique<ScriptedStream>(first));
    pool.give_back(server.url(), std::make_unique<ScriptedStream>(second));
    CHECK(ask(pool, server.url()).find("error: ") == 0);
    CHECK(server.connections() == 1);
    CHECK(first.written.empty());  // the retry went to a new connection
  });
}

TEST_CASE("an early answer is relayed and its connection not used again", "[upstream]") {
  bool saw_departure = false;
  io::run_on_fiber([&saw_departure] {
    FakeServer server([&saw_departure](Connection& connection) {
      std::array<char, 100> some{};
      connection.stream().read_some(some, soon());
      connection.send("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno");
      // Not reading on: the sender would wait for ever if it did not watch for the answer.
      saw_departure = connection.wait_for_departure();
    });
    Pool pool;
    ScriptedBody body({std::string(30'000'000, 'x')});
    auto opened = open(pool, server.url(), &body);
    REQUIRE(opened);
    CHECK((*opened)->head().status == 413);
    CHECK(pull_all(**opened) == "no");
    CHECK(pool.idle() == 0);
  });
  CHECK(saw_departure);
}

TEST_CASE("the answer of a server that closes on a body is not lost", "[upstream]") {
  io::run_on_fiber([] {
    FakeServer server([](Connection& connection) {
      std::array<char, 100> some{};
      connection.stream().read_some(some, soon());
      // Closing with unread bytes resets the connection right behind the answer.
      connection.send("HTTP/1.1 401 No\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno");
    });
    Pool pool;
    ScriptedBody body({std::string(30'000'000, 'x')});
    auto opened = open(pool, server.url(), &body);
    REQUIRE(opened);
    CHECK((*opened)->head().status == 401);
    CHECK(pull_all(**opened) == "no");
  });
}

TEST_CASE("a switched connection is handed over with the bytes behind its head", "[upstream]") {
  io::run_on_fiber([] {
    std::string request;
    FakeServer server([&request](Connection& connection) {
      request = connection.read_request();
      connection.send(
          "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: "
          "websocket\r\n\r\nabc");
      std::array<char, 16> buffer{};
      const io::IoResult got = connection.stream().read_some(buffer, soon());
      connection.send(std::string(buffer.data(), got.bytes));
    });
    Pool pool;
    auto opened = Exchange::open(pool, {server.url(), "GET", "/ws", {}, nullptr, {}, "websocket"});
    REQUIRE(opened);
    CHECK(request == "GET /ws HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    CHECK((*opened)->head().status == 101);
    Exchange::Switched switched = (*opened)->take_connection();
    opened->reset();
    REQUIRE(switched.stream != nullptr);
    CHECK(switched.early_bytes == "abc");
    CHECK(switched.stream->write_all("echo", std::chrono::seconds(10)));
    std::array<char, 16> buffer{};
    const io::IoResult got = switched.stream->read_some(buffer, soon());
    CHECK(std::string(buffer.data(), got.bytes) == "echo");
    CHECK(pool.idle() == 0);
  });
}

TEST_CASE("a refused switch is an ordinary answer", "[upstream]") {
  io::run_on_fiber([] {
    FakeServer server(always("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno"));
    Pool pool;
    auto opened = Exchange::open(pool, {server.url(), "GET", "/ws", {}, nullptr, {}, "websocket"});
    REQUIRE(opened);
    CHECK((*opened)->head().status == 403);
    CHECK(pull_all(**opened) == "no");
    CHECK(pool.idle() == 1);
  });
}
