#include "process/prober.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <string>
#include <thread>

#include "base/unique_fd.h"
#include "catch.h"
#include "unit/io/loop_runner.h"
#include "unit/upstream/fake_server.h"
#include "upstream/exchange.h"
#include "upstream/pool.h"

using namespace llmsnap;
using namespace llmsnap::process;
using namespace std::chrono_literals;
using upstream::Connection;
using upstream::FakeServer;
using upstream::Pool;

namespace {

/// A busy machine may take its time now and then; only slowness of our own is there every time.
constexpr int Tries = 5;

const std::string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const std::string Loading =
    "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 19\r\n\r\n{\"error\":\"loading\"}";

std::string redirect_to(const std::string& location) {
  return "HTTP/1.1 302 Found\r\nLocation: " + location + "\r\nContent-Length: 0\r\n\r\n";
}

FakeServer::Behaviour always(std::string answer) {
  return [answer = std::move(answer)](Connection& connection) {
    while (!connection.read_request().empty()) {
      connection.send(answer);
    }
  };
}

ProbePlan plan_for(Url url, std::chrono::milliseconds limit = 20s) {
  url.base_path = "/health";
  ProbePlan plan;
  plan.server = std::move(url);
  plan.give_up = SteadyClock::now() + limit;
  return plan;
}

/// What the error says, or "ready".
std::string outcome(const Result<void>& result) {
  return result ? "ready" : result.error().message;
}

std::string probe(const FakeServer& server, std::chrono::milliseconds limit = 20s) {
  Pool pool;
  return outcome(probe_until_ready(pool, plan_for(server.url(), limit)));
}

/// A loopback port that is taken, so that nothing else gets it, but not open before `open`.
class LatePort {
 public:
  LatePort() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(name);
    REQUIRE(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&name), size) == 0);
    REQUIRE(::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&name), &size) == 0);
    url_.host = "127.0.0.1";
    url_.port = ntohs(name.sin_port);
  }
  ~LatePort() {
    if (server_.joinable()) {
      server_.join();
    }
  }

  const Url& url() const { return url_; }
  SteadyClock::time_point opened_at() const { return opened_at_; }

  /// Answers the first connection with `answer`.
  void open(const std::string& answer) {
    opened_at_ = SteadyClock::now();
    REQUIRE(::listen(socket_.get(), 8) == 0);
    server_ = std::thread([fd = socket_.get(), answer] {
      const UniqueFd client(::accept4(fd, nullptr, nullptr, SOCK_CLOEXEC));
      std::array<char, 4096> request;
      if (::recv(client.get(), request.data(), request.size(), 0) > 0) {
        ::send(client.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
      }
    });
  }

 private:
  UniqueFd socket_;
  Url url_;
  std::thread server_;
  SteadyClock::time_point opened_at_;
};

}  // namespace

TEST_CASE("probes come fast at first and never more than 100 ms apart", "[process]") {
  struct Row {
    std::chrono::milliseconds elapsed;
    std::chrono::milliseconds nobody_listens;
    std::chrono::milliseconds not_ready;
  };
  const auto row = GENERATE(Row{0ms, 2ms, 5ms}, Row{999ms, 2ms, 5ms}, Row{1s, 5ms, 20ms},
                            Row{4999ms, 5ms, 20ms}, Row{5s, 10ms, 50ms}, Row{29999ms, 10ms, 50ms},
                            Row{30s, 20ms, 100ms}, Row{24h, 20ms, 100ms});
  CHECK(step_after(row.elapsed, Seen::NobodyListens) == row.nobody_listens);
  CHECK(step_after(row.elapsed, Seen::NotReady) == row.not_ready);
}

TEST_CASE("a server that is ready costs one probe, and its connection is kept", "[process]") {
  io::run_on_fiber([] {
    std::string request;
    FakeServer server([&request](Connection& connection) {
      request = connection.read_request();
      connection.send(Ok);
      connection.read_to_end();
    });
    Pool pool;
    SteadyClock::duration shortest = 20s;
    for (int tries = 0; tries < Tries && shortest >= 15ms; ++tries) {
      pool.clear();
      const auto begun = SteadyClock::now();
      CHECK(outcome(probe_until_ready(pool, plan_for(server.url()))) == "ready");
      shortest = std::min(shortest, SteadyClock::now() - begun);
    }
    CHECK(shortest < 15ms);
    CHECK(request == "GET /health HTTP/1.1\r\nHost: " + server.url().authority() +
                         "\r\nUser-Agent: llmsnapd\r\nAccept: */*\r\n\r\n");
    CHECK(pool.take(server.url()) != nullptr);
  });
}

TEST_CASE("without a path the root is asked for, and a query is sent along", "[process]") {
  const auto* path = GENERATE("", "/health?full=1");
  io::run_on_fiber([path] {
    std::string request;
    FakeServer server([&request](Connection& connection) {
      request = connection.read_request();
      connection.send(Ok);
    });
    Pool pool;
    ProbePlan plan = plan_for(server.url());
    plan.server.url.base_path = path;
    CHECK(outcome(probe_until_ready(pool, plan)) == "ready");
    const std::string target = *path == '\0' ? "/" : path;
    CHECK(request.find("GET " + target + " HTTP/1.1\r\n") == 0);
    pool.clear();
  });
}

TEST_CASE("status 200 is ready however its body ends", "[process]") {
  const auto* answer = GENERATE(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n",  // and no more
      "HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\nok", "HTTP/1.1 200 OK\r\n\r\nok",
      "HTTP/1.0 200 OK\r\n\r\n", "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n\r\n");
  CAPTURE(answer);
  io::run_on_fiber([answer] {
    FakeServer server([answer](Connection& connection) {
      connection.read_request();
      connection.send(answer);
      connection.read_to_end();
    });
    Pool pool;
    const auto begun = SteadyClock::now();
    CHECK(outcome(probe_until_ready(pool, plan_for(server.url()))) == "ready");
    CHECK(SteadyClock::now() - begun < 1s);
    CHECK(server.connections() == 1);
    const bool whole = std::string_view(answer).ends_with("0\r\n\r\n");
    CHECK(pool.idle() == (whole ? 1 : 0));
    pool.clear();
  });
}

TEST_CASE("a body that comes a moment after its head is read, so that its connection is kept",
          "[process]") {
  io::run_on_fiber([] {
    FakeServer server([](Connection& connection) {
      connection.read_request();
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n");
      io::Wait().until(deadline_in(1ms));
      connection.send("ok");
      connection.read_to_end();
    });
    Pool pool;
    // A server that gets no time for longer than its answer is waited for loses the connection.
    for (int tries = 0; tries < 20 && pool.idle() == 0; ++tries) {
      CHECK(outcome(probe_until_ready(pool, plan_for(server.url()))) == "ready");
    }
    CHECK(pool.idle() == 1);
    pool.clear();
  });
}

TEST_CASE("a server that says 503 is asked until it is ready", "[process]") {
  io::run_on_fiber([] {
    FakeServer server([](Connection& connection) {
      connection.read_request();
      connection.send(connection.number() < 5 ? Loading : Ok);
      connection.read_to_end();
    });
    const auto begun = SteadyClock::now();
    CHECK(probe(server) == "ready");
    CHECK(server.connections() == 5);
    CHECK(SteadyClock::now() - begun >= 20ms);
  });
}

TEST_CASE("a server that listens late is noticed soon after", "[process]") {
  io::run_on_fiber([] {
    SteadyClock::duration shortest = 20s;
    for (int tries = 0; tries < Tries && shortest >= 30ms; ++tries) {
      LatePort port;
      io::start_fiber([&port] {
        io::Wait().until(deadline_in(300ms));
        port.open("HTTP/1.1 200 OK\r\n\r\nok");
      });
      Pool pool;
      CHECK(outcome(probe_until_ready(pool, plan_for(port.url()))) == "ready");
      shortest = std::min(shortest, SteadyClock::now() - port.opened_at());
    }
    CHECK(shortest < 30ms);
  });
}

TEST_CASE("redirects are followed to the end", "[process]") {
  io::run_on_fiber([] {
    FakeServer server([](Connection& connection) {
      const std::string request = connection.read_request();
      if (request.find("GET /health ") == 0) {
        connection.send(redirect_to("/health/"));
      } else if (request.find("GET /health/ ") == 0) {
        connection.send(redirect_to("ready?now"));
      } else {
        connection.send(request.find("GET /health/ready?now ") == 0 ? Ok : Loading);
      }
    });
    CHECK(probe(server, 1s) == "ready");
    CHECK(server.connections() == 3);
  });
}

TEST_CASE("a redirect that leads nowhere is not yet ready", "[process]") {
  struct Row {
    const char* location;
    const char* seen;
  };
  const auto row =
      GENERATE(Row{"/health", "last: status 302 that leads to /health, after too many redirects"},
               Row{"http://example.org/", "last: status 302 that leads to http://example.org/"});
  io::run_on_fiber([&row] {
    FakeServer server(always(redirect_to(row.location)));
    const std::string got = probe(server, 100ms);
    CHECK(got.find(row.seen) != std::string::npos);
    CHECK(got.ends_with(row.seen));
  });
}

TEST_CASE("a server that accepts and never answers is given up at the deadline", "[process]") {
  io::run_on_fiber([] {
    FakeServer server([](Connection& connection) { connection.read_to_end(); });
    Pool pool;
    ProbePlan plan = plan_for(server.url(), 500ms);
    plan.each = 150ms;
    const Result<void> result = probe_until_ready(pool, plan);
    const auto late = SteadyClock::now() - plan.give_up;
    CHECK(late >= 0ms);
    CHECK(late < 1s);
    REQUIRE_FALSE(result);
    CHECK(result.error().code == ErrorCode::UpstreamFailed);
    CHECK(result.error().message == "health check of http://" + server.url().authority() +
                                        "/health did not succeed within 500 ms; last: no answer "
                                        "within 150 ms");
    CHECK(server.connections() >= 3);
    CHECK(server.connections() <= 4);
  });
}

TEST_CASE("an answer that drips does not stretch the limit of its probe", "[process]") {
  const auto* beginning = GENERATE("HTTP/1.1 20", "HTTP/1.1 503 No\r\n\r\n");
  io::run_on_fiber([beginning] {
    FakeServer server([beginning](Connection& connection) {
      connection.read_request();
      connection.send(beginning);
      while (!connection.stream().peer_closed()) {
        connection.send("0");
        io::Wait().until(deadline_in(5ms));
      }
    });
    Pool pool;
    ProbePlan plan = plan_for(server.url(), 400ms);
    plan.each = 60ms;
    CHECK_FALSE(probe_until_ready(pool, plan));
    const auto late = SteadyClock::now() - plan.give_up;
    CHECK(late >= 0ms);
    CHECK(late < 1s);
    CHECK(server.connections() >= 3);
  });
}

TEST_CASE("the failure says what the last answer was", "[process]") {
  struct Row {
    std::string answer;
    std::string seen;
  };
  const auto row = GENERATE(Row{"HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\nnot\nhere\x01",
                                R"(status 404 with body "not\nhere\x01")"},
                            Row{Loading, R"(status 503 with body "{"error":"loading"}")"},
                            Row{"HTTP/1.1 500 No\r\n\r\n" + std::string(300, 'x'),
                                "status 500 with body \"" + std::string(200, 'x') + "\"..."},
                            Row{"HTTP/1.1 204 No Content\r\n\r\n", "status 204"},
                            Row{"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n", "status 302"});
  io::run_on_fiber([&row] {
    FakeServer server([&row](Connection& connection) {
      connection.read_request();
      connection.send(row.answer);
    });
    const std::string got = probe(server, 100ms);
    CHECK(got == "health check of http://" + server.url().authority() +
                     "/health did not succeed within 100 ms; last: " + row.seen);
  });
}

TEST_CASE("a port that nobody opens is named with the refusal", "[process]") {
  io::run_on_fiber([] {
    LatePort port;
    Pool pool;
    const ProbePlan plan = plan_for(port.url(), 1100ms);
    const Result<void> result = probe_until_ready(pool, plan);
    REQUIRE_FALSE(result);
    CHECK(result.error().code == ErrorCode::UpstreamFailed);
    CHECK(result.error().message == "health check of http://" + port.url().authority() +
                                        "/health did not succeed within 1.1 s; last: cannot "
                                        "connect to " +
                                        port.url().authority() + ": Connection refused");
  });
}

TEST_CASE("a server that cuts the connection is asked again", "[process]") {
  io::run_on_fiber([] {
    FakeServer server([](Connection& connection) {
      connection.read_request();
      if (connection.number() > 2) {
        connection.send(Ok);
      }
    });
    CHECK(probe(server) == "ready");
    CHECK(server.connections() == 3);
  });
}

TEST_CASE("an interruption ends the probing at once, in a pause and in a probe", "[process]") {
  const bool hangs = GENERATE(false, true);
  const bool leaves = GENERATE(false, true);
  io::run_on_fiber([hangs, leaves] {
    LatePort port;
    FakeServer server([](Connection& connection) { connection.read_to_end(); });
    io::Interruption interruption;
    SteadyClock::time_point raised;
    io::start_fiber([&interruption, &raised, leaves] {
      io::Wait().until(deadline_in(50ms));
      raised = SteadyClock::now();
      interruption.raise(leaves ? io::WaitResult::ClientLeft : io::WaitResult::Shutdown);
    });
    Pool pool;
    ProbePlan plan = plan_for(hangs ? server.url() : port.url());
    plan.shortest_step = 5s;
    io::Fiber::current()->watch(&interruption);
    const Result<void> result = probe_until_ready(pool, plan);
    io::Fiber::current()->watch(nullptr);
    CHECK(SteadyClock::now() - raised < 1s);
    REQUIRE_FALSE(result);
    CHECK(result.error().code == (leaves ? ErrorCode::ClientLeft : ErrorCode::ShuttingDown));
    CHECK(result.error().message.find("health check of http://127.0.0.1:") == 0);
  });
}
