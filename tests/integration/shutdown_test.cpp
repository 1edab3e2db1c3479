// Stopping: no new connections, requests in work end, what does not end in time is cut and looks
// cut.
#include <array>
#include <future>
#include <thread>
#include <vector>

#include "catch.h"
#include "support/scripted_upstream.h"
#include "support/test_gateway.h"

using namespace llmsnap;
using namespace llmsnap::test;

namespace {

/// Shorter than any shutdownTimeout that a test of a cut sets.
constexpr auto CutTime = Patience;
constexpr const char* Switching =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";

}  // namespace

TEST_CASE("stop lets a request in work end and closes idle connections", "[shutdown]") {
  std::promise<void> go_on;
  std::shared_future<void> may_go_on = go_on.get_future().share();
  ScriptedUpstream upstream([&](TestSocket& client, const std::string&, const std::string&) {
    client.send(BeginningOfAnswer);
    may_go_on.wait();
    client.send("3\r\ndef\r\n0\r\n\r\n");
    return true;
  });
  TestGateway gateway(config_for(upstream.url()));
  TestSocket idle = TestSocket::connect(gateway.port());
  idle.send("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(receive_answer(idle).status == 200);
  TestSocket busy = TestSocket::connect(gateway.port());
  busy.send(chat_request());
  const std::string beginning = busy.receive_until("abc");
  std::thread stopper([&gateway] { gateway.server().stop(); });
  CHECK(idle.closes_within(std::chrono::milliseconds(Patience)));
  CHECK_THROWS(TestSocket::connect(gateway.port()));
  go_on.set_value();
  CHECK(busy.receive_all().find("def\r\n0\r\n\r\n") != std::string::npos);
  stopper.join();
  gateway.server().wait();
}

TEST_CASE("what does not end within shutdownTimeout is cut, and looks cut", "[shutdown]") {
  ScriptedUpstream upstream(silent_after(BeginningOfAnswer));
  Config config = config_for(upstream.url());
  config.shutdown_timeout = std::chrono::milliseconds(100);
  TestGateway gateway(std::move(config));
  TestSocket client = TestSocket::connect(gateway.port());
  client.send(chat_request());
  client.put_back(client.receive_until("abc\r\n"));  // until it is read, the connection is idle
  std::thread stopper([&gateway] { gateway.server().stop(); });
  const ReceivedAnswer answer = receive_answer(client);
  CHECK(answer.body == "abc");
  CHECK_FALSE(answer.complete);
  stopper.join();
  const std::vector<TrafficRecord> records = gateway.wait_for_records(1);
  REQUIRE(records.size() == 1);
  CHECK(records[0].outcome == Outcome::Shutdown);
  CHECK(records[0].status == 200);
}

TEST_CASE("an answer on its way survives a stop, also with a further request unread behind it",
          "[shutdown]") {
  const std::string body(12U << 20, 'x');
  ScriptedUpstream upstream(always(plain_answer(body)));
  TestGateway gateway(config_for(upstream.url()));
  TestSocket client = TestSocket::connect(gateway.port());
  client.send(chat_request());
  REQUIRE(upstream.wait_for_requests(1));
  client.send(chat_request());
  const TestSocket idle = TestSocket::connect(gateway.port());
  std::future<void> stop = std::async(std::launch::async, [&gateway] { gateway.server().stop(); });
  // The idle one's end shows that the stop has begun; the answer cannot have left as a whole.
  CHECK(idle.wait_readable(std::chrono::milliseconds(Patience)));
  const ReceivedAnswer answer = receive_answer(client);
  CHECK(answer.complete);
  CHECK((answer.body == body));
  stop.get();
}

TEST_CASE("a request that is cut before its answer began is told why", "[shutdown]") {
  ScriptedUpstream upstream(silent_after(""));
  TestGateway gateway(config_for(upstream.url()));
  TestSocket client = TestSocket::connect(gateway.port());
  client.send(chat_request());
  REQUIRE(upstream.wait_for_requests(1));
  gateway.server().cut();
  CHECK(receive_answer(client).status == 503);
  const std::vector<TrafficRecord> records = gateway.wait_for_records(1);
  REQUIRE(records.size() == 1);
  CHECK(records[0].outcome == Outcome::Shutdown);
}

TEST_CASE("a caller of handle that does not read is cut too, and the record says so",
          "[shutdown]") {
  ScriptedUpstream upstream(always(plain_answer("{}")));
  Config config = config_for(upstream.url());
  config.shutdown_timeout = std::chrono::milliseconds(100);
  TestGateway gateway(std::move(config));
  GatewayRequest request;
  request.method = "POST";
  request.target = "/v1/chat/completions";
  request.headers = {{"Content-Type", "application/json"}};
  request.body = R"({"model":"m"})";
  GatewayAnswer answer = gateway.gateway().handle(std::move(request));
  CHECK(answer.status() == 200);
  gateway.gateway().shutdown();
  const std::vector<TrafficRecord> records = gateway.wait_for_records(1);
  REQUIRE(records.size() == 1);
  CHECK(records[0].outcome == Outcome::Shutdown);
}

TEST_CASE("two gateways in one process do not know each other", "[shutdown]") {
  ScriptedUpstream first_upstream(always(plain_answer("first")));
  ScriptedUpstream second_upstream(always(plain_answer("second")));
  TestGateway first(config_for(first_upstream.url()));
  {
    TestGateway second(config_for(second_upstream.url()));
    CHECK(exchange(second.port(), chat_request()).body == "second");
  }
  CHECK(exchange(first.port(), chat_request()).body == "first");
}

TEST_CASE("stop from several threads at once ends for all of them, and cut hurries it",
          "[shutdown]") {
  ScriptedUpstream upstream(silent_after(BeginningOfAnswer));
  Config config = config_for(upstream.url());
  config.shutdown_timeout = std::chrono::seconds(60);
  TestGateway gateway(std::move(config));
  std::vector<TestSocket> clients;
  for (int i = 0; i < 8; ++i) {
    clients.push_back(TestSocket::connect(gateway.port()));
    clients.back().send(chat_request());
    clients.back().receive_until("abc\r\n");
  }
  TestSocket idle = TestSocket::connect(gateway.port());
  std::vector<std::future<void>> stops;
  for (int i = 0; i < 4; ++i) {
    stops.push_back(std::async(std::launch::async, [&gateway] { gateway.server().stop(); }));
  }
  CHECK(idle.closes_within(std::chrono::milliseconds(Patience)));
  for (const std::future<void>& stop : stops) {
    CHECK(stop.wait_for(std::chrono::seconds(0)) == std::future_status::timeout);
  }
  std::thread second([&gateway] { gateway.server().cut(); });
  gateway.server().cut();
  second.join();
  for (std::future<void>& stop : stops) {
    CHECK(stop.wait_for(Patience) == std::future_status::ready);
  }
  for (TestSocket& client : clients) {
    CHECK(client.receive_all().find("0\r\n\r\n") == std::string::npos);
  }
  const auto records = gateway.wait_for_records(clients.size());
  CHECK(records.size() == clients.size());
  for (const TrafficRecord& record : records) {
    CHECK(record.outcome != Outcome::Complete);
  }
}

TEST_CASE("one cut ends requests in every stage of their life", "[shutdown]") {
  ScriptedUpstream upstream([](TestSocket& end, const std::string& head, const std::string& body) {
    return silent_after(head.find("/ws ") != std::string::npos       ? Switching
                        : head.find("/stream ") != std::string::npos ? BeginningOfAnswer
                                                                     : "")(end, head, body);
  });
  Config config = config_for(upstream.url());
  config.shutdown_timeout = std::chrono::seconds(60);
  TestGateway gateway(std::move(config));
  std::array<TestSocket, 6> clients;
  auto& [in_head, in_body, in_answer, in_stream, in_tunnel, idle] = clients;
  for (TestSocket& client : clients) {
    client = TestSocket::connect(gateway.port());
  }
  in_head.send("POST /v1/chat/completions HTTP/1.1\r\nHost: local");
  in_body.send(
      "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
      "Content-Length: 99\r\n\r\n");
  CHECK(in_body.receive_until("\r\n\r\n").substr(9, 3) == "100");
  in_stream.send("GET /upstream/m/stream HTTP/1.1\r\nHost: localhost\r\n\r\n");
  in_stream.receive_until("abc\r\n");
  in_tunnel.send(
      "GET /upstream/m/ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: "
      "websocket\r\n\r\n");
  CHECK(receive_answer(in_tunnel).status == 101);
  in_answer.send(chat_request());
  REQUIRE(upstream.wait_for_requests(3));
  std::future<void> stop = std::async(std::launch::async, [&gateway] { gateway.server().stop(); });
  CHECK(idle.closes_within(std::chrono::milliseconds(Patience)));  // the stop has begun
  gateway.server().cut();
  CHECK(stop.wait_for(CutTime) == std::future_status::ready);
  for (TestSocket& client : clients) {
    CHECK(client.closes_within(std::chrono::milliseconds(Patience)));
  }
}

TEST_CASE("a cut is not forgotten by connections whose requests have only just arrived",
          "[shutdown]") {
  ScriptedUpstream upstream(silent_after(""));
  Config config = config_for(upstream.url());
  config.shutdown_timeout = std::chrono::seconds(60);
  TestGateway gateway(std::move(config));
  std::vector<TestSocket> clients;
  for (int i = 0; i < 50; ++i) {
    clients.push_back(TestSocket::connect(gateway.port()));
    clients.back().send("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
    REQUIRE(receive_answer(clients.back()).status == 200);
  }
  for (TestSocket& client : clients) {
    client.send(chat_request());
  }
  gateway.server().cut();  // some have no fiber yet, some wait for the model's server
  std::future<void> stop = std::async(std::launch::async, [&gateway] { gateway.server().stop(); });
  CHECK(stop.wait_for(CutTime) == std::future_status::ready);
  for (TestSocket& client : clients) {
    CHECK(client.closes_within(std::chrono::milliseconds(Patience)));
  }
}

TEST_CASE("a server that is destroyed with connections of every kind closes them", "[shutdown]") {
  ScriptedUpstream upstream(silent_after(BeginningOfAnswer));
  Config config = config_for(upstream.url());
  config.shutdown_timeout = std::chrono::milliseconds(50);
  TestSocket silent;
  TestSocket half_head;
  TestSocket streaming;
  {
    TestGateway gateway(std::move(config));
    silent = TestSocket::connect(gateway.port());
    half_head = TestSocket::connect(gateway.port());
    half_head.send("GET /hea");
    streaming = TestSocket::connect(gateway.port());
    streaming.send(chat_request());
    streaming.receive_until("abc\r\n");
  }
  CHECK(silent.closes_within(std::chrono::milliseconds(Patience)));
  CHECK(half_head.closes_within(std::chrono::milliseconds(Patience)));
  CHECK(streaming.closes_within(std::chrono::milliseconds(Patience)));
}

TEST_CASE("a stopped server neither listens again nor forgets that it has stopped", "[shutdown]") {
  TestGateway gateway(config_for("http://127.0.0.1:1"));
  gateway.server().stop();
  gateway.server().stop();
  gateway.server().cut();
  gateway.server().wait();
  CHECK_FALSE(gateway.server().listen("127.0.0.1:0"));
}

TEST_CASE("two servers serve one gateway, and one of them may stop", "[shutdown]") {
  ScriptedUpstream upstream(always(plain_answer("one")));
  TestGateway gateway(config_for(upstream.url()));
  {
    HttpServer second(gateway.gateway());
    const Result<Address> address = second.listen("127.0.0.1:0");
    REQUIRE(address);
    CHECK(test::exchange(address->port, chat_request()).body == "one");
  }
  CHECK(exchange(gateway.port(), chat_request()).body == "one");
}

TEST_CASE("Gateway::shutdown from several threads at once ends for all of them", "[shutdown]") {
  ScriptedUpstream upstream(silent_after(BeginningOfAnswer));
  Config config = config_for(upstream.url());
  config.shutdown_timeout = std::chrono::milliseconds(300);
  Gateway gateway(std::move(config), watched_options());
  GatewayRequest request;
  request.method = "POST";
  request.target = "/v1/chat/completions";
  request.body = R"({"model":"m"})";
  GatewayAnswer answer = gateway.handle(request);
  REQUIRE(*answer.next() == "abc");
  std::vector<std::future<void>> ends;
  for (int i = 0; i < 4; ++i) {
    ends.push_back(std::async(std::launch::async, [&gateway] { gateway.shutdown(); }));
  }
  CHECK_FALSE(answer.next());  // cut, and not complete
  for (std::future<void>& end : ends) {
    CHECK(end.wait_for(Patience) == std::future_status::ready);
  }
  CHECK(gateway.handle(request).status() == 503);
}
