// What never starts or holds a model: WebSockets to one with compat.ignoreWebsockets.
#include <chrono>
#include <future>
#include <string>

#include "catch.h"
#include "support/contains.h"
#include "support/process_config.h"
#include "support/scripted_upstream.h"

using namespace llmsnap;
using namespace llmsnap::test;
using namespace std::chrono_literals;

namespace {

std::string upgrade_of(const std::string& model) {
  return "GET /upstream/" + model +
         "/socket HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive, Upgrade\r\nUpgrade: "
         "WebSocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: "
         "13\r\n\r\n";
}

ModelConfig ignoring(const std::string& id, const std::string& flags = {}) {
  ModelConfig model = process_model(id, flags);
  model.ignore_websockets = true;
  return model;
}

/// A tunnel that has said hello.
TestSocket tunnel_to(ProcessGateway& gateway, const std::string& model) {
  TestSocket client = gateway.client(upgrade_of(model));
  const std::string head = client.receive_until("\r\n\r\n");
  REQUIRE(head.substr(0, 12) == "HTTP/1.1 101");
  REQUIRE(client.receive_until("\n") == "hello\n");
  return client;
}

}  // namespace

TEST_CASE("an ignored WebSocket starts no model that is stopped or asleep", "[ignored][K4]") {
  ModelConfig model = ignoring("m", "--sleep-endpoints");
  model.sleep.enabled = true;
  model.sleep.sleep = {{"/sleep?level=1", "POST", "", 2s}};
  model.sleep.wake = {{"/wake_up", "POST", "", 2s}};
  ProcessGateway gateway({model});
  const ReceivedAnswer refused = exchange(gateway.port(), upgrade_of("m"));
  CHECK(refused.status == 409);
  CHECK(
      contains(refused.body, "model m is not loaded; ignored websocket requests cannot start it"));
  CHECK(gateway.history().events().empty());
  REQUIRE(gateway.chat().status == 200);
  REQUIRE(exchange(gateway.port(), post_to("/api/models/sleep/m")).status == 200);
  CHECK(exchange(gateway.port(), upgrade_of("m")).status == 409);
  CHECK(gateway.status().state == ModelState::Asleep);
}

TEST_CASE("an ignored WebSocket does not wait for a start", "[ignored][K4]") {
  ProcessGateway gateway({ignoring("m", "--load-ms 300")});
  TestSocket waiting = gateway.client(chat_with("m"));
  REQUIRE(gateway.history().wait_for("m", ModelState::Starting));
  CHECK(exchange(gateway.port(), upgrade_of("m")).status == 409);
  CHECK(receive_answer(waiting).status == 200);
  tunnel_to(gateway, "m");
}

TEST_CASE("any other WebSocket starts its model and counts", "[ignored][K4]") {
  ProcessGateway gateway({process_model("m")});
  TestSocket client = tunnel_to(gateway, "m");
  CHECK(gateway.status().in_flight == 1);
  client.close();
  CHECK(eventually([&gateway] { return gateway.status().in_flight == 0; }));
}

TEST_CASE("an ignored WebSocket does not count, and others of the model do", "[ignored][K4]") {
  ModelConfig model = ignoring("m");
  model.concurrency_limit = 1;
  ProcessGateway gateway({model});
  REQUIRE(gateway.chat().status == 200);
  const TestSocket first = tunnel_to(gateway, "m");
  const TestSocket second = tunnel_to(gateway, "m");
  CHECK(gateway.status().in_flight == 0);
  CHECK(gateway.chat().status == 200);
}

TEST_CASE("an ignored WebSocket stops no swap, and ends with the process", "[ignored][K4]") {
  ModelConfig model = ignoring("a");
  model.drain_timeout = 1h;
  ProcessGateway gateway({model, process_model("b")});
  REQUIRE(gateway.chat("a").status == 200);
  TestSocket client = tunnel_to(gateway, "a");
  CHECK(gateway.chat("b").status == 200);
  CHECK(client.closes_within(std::chrono::milliseconds(Patience)));
  CHECK(exchange(gateway.port(), upgrade_of("a")).status == 409);
}

TEST_CASE("an ignored WebSocket does not put off the ttl", "[ignored][K4]") {
  ModelConfig model = ignoring("m");
  model.ttl = 500ms;
  ProcessGateway gateway({model});
  REQUIRE(gateway.chat().status == 200);
  TestSocket client = tunnel_to(gateway, "m");
  CHECK(gateway.history().wait_for("m", ModelState::Stopped));
  CHECK(client.closes_within(std::chrono::milliseconds(Patience)));
}

TEST_CASE("an ignored WebSocket goes when its model crashes", "[ignored]") {
  ProcessGateway gateway({ignoring("m", "--crash-after 2")});
  REQUIRE(gateway.chat().status == 200);
  TestSocket client = tunnel_to(gateway, "m");
  gateway.chat();
  CHECK(client.closes_within(std::chrono::milliseconds(Patience)));
}

TEST_CASE("an upgrade that is answered when its model has gone is refused", "[ignored]") {
  std::promise<void> unloaded;
  const std::shared_future<void> may_answer = unloaded.get_future().share();
  ScriptedUpstream server(
      [&may_answer](TestSocket& client, const std::string& head, const std::string&) {
        if (head.find("/socket") != std::string::npos) {
          may_answer.wait_for(Patience);
        }
        return client.send(plain_answer("{}"));
      });
  ModelConfig model = ignoring("m");
  model.proxy = server.url();  // the process ends, and its server does not
  ProcessGateway gateway({model});
  REQUIRE(gateway.chat().status == 200);
  const std::size_t before = server.received().size();
  TestSocket client = gateway.client(upgrade_of("m"));
  REQUIRE(server.wait_for_requests(before + 1));
  CHECK(gateway.unload().status == 200);
  unloaded.set_value();
  CHECK(receive_answer(client).status == 409);
}

TEST_CASE("ignoreWebsockets takes effect where the model runs", "[ignored]") {
  Config config = process_config({process_model("m")});
  ProcessGateway gateway(config);
  REQUIRE(gateway.chat().status == 200);
  config.models["m"].ignore_websockets = true;
  CHECK(gateway.gateway().reload(config).kept == std::vector<std::string>{"m"});
  const TestSocket client = tunnel_to(gateway, "m");
  CHECK(gateway.status().in_flight == 0);
}

TEST_CASE("WebSockets to a server that runs by itself are served whatever is ignored",
          "[ignored]") {
  ScriptedUpstream server(
      always("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: "
             "Upgrade\r\n\r\nhello\n"));
  Config config = process_config({});
  config.models["own"].proxy = server.url();
  config.models["own"].ignore_websockets = true;
  ProcessGateway gateway(config);
  tunnel_to(gateway, "own");
}
