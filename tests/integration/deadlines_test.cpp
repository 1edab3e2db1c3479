// Every deadline of limits.* and timeouts.*, over sockets: who is cut off, with which answer, and
// who hears of it.
#include <future>
#include <vector>

#include "catch.h"
#include "support/full_backlog.h"
#include "support/scripted_upstream.h"
#include "support/test_gateway.h"

using namespace llmsnap;
using namespace llmsnap::test;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view Health = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n";
constexpr std::string_view BeginningOfStream =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    "9\r\ndata: 1\n\n\r\n";

/// Sends a byte each time the answer has not come within `pause`; true if it came.
bool trickle_until_answered(TestSocket& socket, std::chrono::milliseconds pause) {
  const auto deadline = std::chrono::steady_clock::now() + Patience;
  while (!socket.wait_readable(pause)) {
    if (!socket.send("x") || std::chrono::steady_clock::now() > deadline) {
      return false;
    }
  }
  return true;
}

/// A port where the kernel answers nobody.
struct DeafPort {
  UniqueFd listener = loopback_listener("127.0.0.1", 0, 0);
  FullBacklog full{listener.get()};
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_of(listener)); }
};

/// An upstream that sends `beginning`, then tells whether its connection was closed.
struct SilentUpstream {
  explicit SilentUpstream(std::string_view beginning)
      : server([this, text = std::string(beginning)](TestSocket& client, const std::string&,
                                                     const std::string&) {
          client.send(text);
          closed.set_value(client.closes_within(std::chrono::milliseconds(Patience)));
          return false;
        }) {}

  std::promise<bool> closed;
  ScriptedUpstream server;
};

}  // namespace

TEST_CASE("heads that drip end with 408 in their total time, and hold up no other client",
          "[deadlines]") {
  Config config = config_for("http://127.0.0.1:1");
  config.limits.head_timeout = 300ms;
  TestGateway gateway(std::move(config));
  std::vector<TestSocket> slow;
  for (int i = 0; i < 40; ++i) {
    slow.push_back(TestSocket::connect(gateway.port()));
    slow.back().send("GET /health HTTP/1.1\r\nX: ");
  }
  CHECK(exchange(gateway.port(), Health).status == 200);
  for (TestSocket& client : slow) {
    CHECK(trickle_until_answered(client, 1ms));
    CHECK(receive_answer(client).status == 408);
    CHECK(client.closes_within(std::chrono::milliseconds(Patience)));
  }
}

TEST_CASE("connections that never say anything are closed at the head's deadline", "[deadlines]") {
  Config config = config_for("http://127.0.0.1:1");
  config.limits.head_timeout = 100ms;
  TestGateway gateway(std::move(config));
  std::vector<TestSocket> silent;
  for (int i = 0; i < 200; ++i) {
    silent.push_back(TestSocket::connect(gateway.port()));
  }
  CHECK(exchange(gateway.port(), Health).status == 200);
  for (TestSocket& client : silent) {
    CHECK(client.receive_all().empty());
  }
}

TEST_CASE("a connection that stays idle is closed after keepAlive, without a word", "[deadlines]") {
  Config config = config_for("http://127.0.0.1:1");
  config.limits.keep_alive = 100ms;
  TestGateway gateway(std::move(config));
  TestSocket client = TestSocket::connect(gateway.port());
  client.send(Health);
  CHECK(receive_answer(client).status == 200);
  CHECK(client.receive_all().empty());
}

TEST_CASE("a body that stalls ends with 408 after bodyIdle and reaches no model", "[deadlines]") {
  const std::string target = GENERATE("/v1/chat/completions", "/upstream/m/file");
  ScriptedUpstream upstream(always(plain_answer("{}")));
  Config config = config_for(upstream.url());
  config.limits.body_idle = 100ms;
  TestGateway gateway(std::move(config));
  TestSocket client = TestSocket::connect(gateway.port());
  client.send("POST " + target + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 13\r\n\r\n{\"m");
  CHECK(receive_answer(client).status == 408);
  CHECK(client.closes_within(std::chrono::milliseconds(Patience)));
  CHECK(upstream.received().empty());
}

TEST_CASE("a body that trickles ends with 408 after bodyTotal and reaches no model",
          "[deadlines]") {
  const bool chunked = GENERATE(false, true);
  ScriptedUpstream upstream(always(plain_answer("{}")));
  Config config = config_for(upstream.url());
  config.limits.body_total = 300ms;
  TestGateway gateway(std::move(config));
  TestSocket client = TestSocket::connect(gateway.port());
  client.send(std::string("POST /upstream/m/file HTTP/1.1\r\nHost: localhost\r\n") +
              (chunked ? "Transfer-Encoding: chunked\r\n\r\nfffffff\r\n"
                       : "Content-Length: 1000000\r\n\r\n"));
  CHECK(trickle_until_answered(client, 5ms));
  CHECK(receive_answer(client).status == 408);
  CHECK(client.closes_within(std::chrono::milliseconds(Patience)));
  CHECK(upstream.received().empty());
}

TEST_CASE("a client that reads nothing for writeIdle is cut off, and its model stops",
          "[deadlines]") {
  std::promise<void> cut;
  const std::string block = "10000\r\n" + std::string(65536, 'z') + "\r\n";
  ScriptedUpstream upstream([&](TestSocket& client, const std::string&, const std::string&) {
    client.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    while (client.send(block)) {
    }
    cut.set_value();
    return false;
  });
  Config config = config_for(upstream.url());
  config.limits.write_idle = 100ms;
  TestGateway gateway(std::move(config));
  TestSocket client = TestSocket::connect(gateway.port());
  client.send(chat_request());
  CHECK(cut.get_future().wait_for(Patience) == std::future_status::ready);
  const auto records = gateway.wait_for_records(1);
  REQUIRE(records.size() == 1);
  CHECK(records[0].outcome == Outcome::ClientLeft);
  CHECK_FALSE(records[0].error.empty());
  CHECK_FALSE(receive_answer(client).complete);
}

TEST_CASE("a model whose server accepts no connection is a 504 after timeouts.connect",
          "[deadlines]") {
  const DeafPort deaf;
  Config config = config_for(deaf.url());
  config.models.at("m").timeouts.connect = 100ms;
  TestGateway gateway(std::move(config));
  const ReceivedAnswer answer = exchange(gateway.port(), chat_request());
  CHECK(answer.status == 504);
  CHECK(answer.complete);
  CHECK(answer.body.find("connect") != std::string::npos);
}

TEST_CASE("a client that leaves while its model's server is being connected to is let go",
          "[deadlines]") {
  const DeafPort deaf;
  TestGateway gateway(config_for(deaf.url()));
  TestSocket client = TestSocket::connect(gateway.port());
  client.send(chat_request());
  client.close();
  const auto records = gateway.wait_for_records(1);
  REQUIRE(records.size() == 1);
  CHECK(records[0].outcome == Outcome::ClientLeft);
}

TEST_CASE("a model that does not begin to answer is a 504 after timeouts.responseHeader",
          "[deadlines]") {
  const std::string beginning =
      GENERATE("", "HTTP/1.1 200 OK\r\nX: ", "HTTP/1.1 103 Early Hints\r\n\r\n");
  SilentUpstream upstream(beginning);
  Config config = config_for(upstream.server.url());
  config.models.at("m").timeouts.response_header = 100ms;
  TestGateway gateway(std::move(config));
  const ReceivedAnswer answer = exchange(gateway.port(), chat_request());
  CHECK(answer.status == 504);
  CHECK(answer.complete);
  CHECK(upstream.closed.get_future().get());
}

TEST_CASE("a model whose server stops reading the request is a 504 after timeouts.responseHeader",
          "[deadlines]") {
  UniqueFd listener = loopback_listener();  // the kernel accepts, nobody reads
  Config config = config_for("http://127.0.0.1:" + std::to_string(port_of(listener)));
  config.models.at("m").timeouts.response_header = 100ms;
  TestGateway gateway(std::move(config));
  TestSocket client = TestSocket::connect(gateway.port());
  const std::string body = R"({"model":"m","x":")" + std::string(32U << 20, 'x') + "\"}";
  client.send(chat_request(body));
  CHECK(receive_answer(client).status == 504);
}

TEST_CASE("a stream that falls silent for timeouts.idle says so and ends broken", "[deadlines]") {
  SilentUpstream upstream(BeginningOfStream);
  Config config = config_for(upstream.server.url());
  config.models.at("m").timeouts.idle = 100ms;
  TestGateway gateway(std::move(config));
  const ReceivedAnswer answer = exchange(gateway.port(), chat_request());
  CHECK(answer.status == 200);
  CHECK(answer.body.starts_with("data: 1\n\ndata: {\"error\":{\"message\":\"m: read the answer"));
  CHECK(answer.body.ends_with("data: [DONE]\n\n"));
  CHECK_FALSE(answer.complete);
  CHECK(upstream.closed.get_future().get());
  const auto records = gateway.wait_for_records(1);
  REQUIRE(records.size() == 1);
  CHECK(records[0].outcome == Outcome::UpstreamBroke);
}

TEST_CASE("silence alone ends no stream where no timeout is set, and its client's leaving does",
          "[deadlines]") {
  SilentUpstream upstream(BeginningOfStream);
  Config config = config_for(upstream.server.url());
  config.limits.head_timeout = 50ms;
  config.limits.body_idle = 50ms;
  config.limits.body_total = 50ms;
  config.limits.keep_alive = 50ms;
  config.limits.write_idle = 50ms;
  TestGateway gateway(std::move(config));
  TestSocket client = TestSocket::connect(gateway.port());
  client.send(chat_request());
  client.receive_until("data: 1\n\n\r\n");
  CHECK_FALSE(client.wait_readable(300ms));  // the others would have ended it six times over
  client.close();
  CHECK(upstream.closed.get_future().get());
}
