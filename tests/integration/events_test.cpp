// /api/events: what operators see while it happens.
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "catch.h"
#include "integration/event_reader.h"
#include "io/sanitizer.h"
#include "support/contains.h"
#include "support/listed.h"
#include "support/process_config.h"
#include "support/scripted_upstream.h"

using namespace llmsnap;
using namespace llmsnap::test;
using Json = nlohmann::json;
using io::SanitizersActive;

TEST_CASE("who comes to the events is told how things stand", "[events]") {
  Config config = config_for("http://127.0.0.1:9");
  config.recording.session_headers = {"X-Mine"};
  TestGateway gateway(config);
  Events events(gateway.port());
  CHECK(contains(events.head(), "Content-Type: text/event-stream"));
  CHECK(contains(events.head(), "X-Accel-Buffering: no"));
  CHECK(contains(events.head(), "Cache-Control: no-cache"));
  CHECK(events.next().data.at("source") == "proxy");
  CHECK(events.next().data.at("source") == "upstream");
  const Event models = events.next();
  CHECK(models.type == "modelStatus");
  CHECK(models.data.at(0).at("id") == "m");
  CHECK(events.next().data == Json{{"activity", {{"session_id", {"X-Mine"}}}}});
  CHECK(events.next().data == Json{{"active", nullptr}});
  CHECK(events.next().data == Json::array());  // metrics
  const Event requests = events.next();
  CHECK(requests.type == "inflight");
  CHECK(requests.data == Json{{"operation", "snapshot"}, {"requests", Json::array()}});
}

TEST_CASE("models are told with what they can, and those of peers by their qualified names",
          "[events][H5][H8]") {
  Config config = config_for("http://127.0.0.1:9");
  config.models["m"].capabilities = {
      .in = {Modality::Text, Modality::Image}, .out = {Modality::Text}, .context = 8192};
  config.models["n"] = served_at("n", "http://127.0.0.1:9");
  for (const std::string id : {"box", "cabin"}) {
    PeerConfig& peer = config.peers[id];
    peer.id = id;
    peer.proxy = "http://127.0.0.1:9";
    peer.models = {"m"};
  }
  TestGateway gateway(config);
  Events events(gateway.port());
  const Json models = events.next_of("modelStatus").data;
  REQUIRE(models.size() == 4);
  CHECK(models.at(0).at("id") == "m");
  CHECK(models.at(0).at("capabilities") == Json{{"vision", true}});
  CHECK(models.at(0).at("context_length") == 8192);
  CHECK(models.at(1).at("id") == "n");
  CHECK_FALSE(models.at(1).contains("capabilities"));
  CHECK_FALSE(models.at(1).contains("context_length"));
  CHECK(models.at(2).at("id") == "box/m");
  CHECK(models.at(2).at("peerID") == "box");
  CHECK(models.at(2).at("state") == "");
  CHECK(models.at(3).at("id") == "cabin/m");
}

TEST_CASE("a model's way from stopped to ready is told, with the decisions behind it", "[events]") {
  ProcessGateway gateway({process_model("m")});
  Events events(gateway.port());
  events.next_of("inflight");
  REQUIRE(gateway.chat().status == 200);
  CHECK(events.next_of("decision").data.at("to") == "starting");
  events.next_of("modelStatus",
                 [](const Json& models) { return models.at(0).at("state") == "ready"; });
}

TEST_CASE("a decision that lets a model go has its cause in one word", "[events]") {
  ProcessGateway gateway({process_model("a"), process_model("b")});
  Events events(gateway.port());
  events.next_of("inflight");
  REQUIRE(gateway.chat("a").status == 200);
  CHECK_FALSE(events.next_of("decision").data.contains("cause"));
  REQUIRE(gateway.chat("b").status == 200);
  const auto stops = [](const Json& data) { return data.at("to") == "stopping"; };
  CHECK(events.next_of("decision", stops).data.at("cause") == "room");
}

TEST_CASE("how the machine stands is told as often as it is looked at", "[events]") {
  Config config = config_for("http://127.0.0.1:9");
  config.recording.watch_interval = std::chrono::milliseconds(100);
  TestGateway gateway(config);
  Events events(gateway.port());
  const Event system = events.next_of("system");
  CHECK(system.data.at("sys_stats").size() == 1);
}

TEST_CASE("a crash is an event of its own", "[events]") {
  ProcessGateway gateway({command_model("m", "sh -c 'echo last words; exit 3'")});
  Events events(gateway.port());
  CHECK(gateway.chat().status == 502);
  const Event crash = events.next_of("crash");
  CHECK(crash.data.at("model") == "m");
  CHECK(crash.data.at("from") == "starting");
  CHECK(contains(crash.data.at("reason").get<std::string>(), "3"));
}

TEST_CASE("who comes back with the last id goes on where it left", "[events]") {
  TestGateway gateway(config_for("http://127.0.0.1:9"));
  std::string last_id;
  {
    Events events(gateway.port());
    events.next_of("inflight");
    gateway.gateway().log(LogLevel::Info, "while it was there");
    last_id = events
                  .next_of("logData",
                           [](const Json& data) {
                             return contains(data.at("data").get<std::string>(), "while it was");
                           })
                  .id;
    REQUIRE_FALSE(last_id.empty());
  }
  gateway.gateway().log(LogLevel::Info, "while it was away");
  Events back(gateway.port(), "Last-Event-ID: " + last_id + "\r\n");
  std::string lines;
  while (!contains(lines, "while it was away")) {
    const Event event = back.next();
    REQUIRE(event.type == "logData");  // no snapshot
    lines += event.data.at("data");
  }
  CHECK_FALSE(contains(lines, "while it was there"));
  Events unknown(gateway.port(), "Last-Event-ID: of-another-life\r\n");
  CHECK(unknown.next_of("inflight").data.at("operation") == "snapshot");
}

TEST_CASE("requests do not notice 200 readers of events, 50 of which do not read", "[events]") {
  PlayedServer upstream;
  TestGateway gateway(config_for(upstream.url()));
  std::vector<TestSocket> readers;
  for (int i = 0; i < 200; ++i) {
    readers.push_back(TestSocket::connect(gateway.port()));
    readers.back().send(get_events());
    if (i >= 50) {
      readers.back().receive_until("inflight");
    }
  }
  const std::string line(4000, 'x');
  for (int i = 0; i < (SanitizersActive ? 20 : 500); ++i) {
    gateway.gateway().log(LogLevel::Info, line);
  }
  for (int i = 0; i < 20; ++i) {
    CHECK(get(gateway, "/health").status == 200);
  }
  for (int i = 50; i < 200; ++i) {
    CHECK_FALSE(readers[i].receive().empty());
  }
}

TEST_CASE("events end when the server stops", "[events]") {
  TestGateway gateway(config_for("http://127.0.0.1:9"));
  TestSocket reader = TestSocket::connect(gateway.port());
  reader.send(get_events());
  reader.receive_until("inflight");
  gateway.server().stop();
  CHECK(contains(reader.receive_all(), "0\r\n\r\n"));
}
