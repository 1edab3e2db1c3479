// Stopping: no new connections, requests in work end, what does not end in time is cut and looks
// cut.
#include <future>
#include <thread>

#include "catch.h"
#include "support/scripted_upstream.h"
#include "support/test_gateway.h"

using namespace llmsnap;
using namespace llmsnap::test;

TEST_CASE("stop lets a request in work end and closes idle connections", "[shutdown]") {
  std::promise<void> go_on;
  std::shared_future<void> may_go_on = go_on.get_future().share();
  ScriptedUpstream upstream([&](TestSocket& client, const std::string&, const std::string&) {
    client.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
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
  ScriptedUpstream upstream([](TestSocket& client, const std::string&, const std::string&) {
    client.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    client.closes_within(std::chrono::milliseconds(Patience));
    return false;
  });
  Config config = config_for(upstream.url());
  config.shutdown_timeout = std::chrono::milliseconds(100);
  TestGateway gateway(std::move(config));
  TestSocket client = TestSocket::connect(gateway.port());
  client.send(chat_request());
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

TEST_CASE("a request that is cut before its answer began is told why", "[shutdown]") {
  ScriptedUpstream upstream([](TestSocket& client, const std::string&, const std::string&) {
    client.closes_within(std::chrono::milliseconds(Patience));
    return false;
  });
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
