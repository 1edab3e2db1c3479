// /api/events and the requests in flight: what operators see while it happens.
#include <sys/socket.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "catch.h"
#include "io/sanitizer.h"
#include "support/contains.h"
#include "support/listed.h"
#include "support/listening.h"
#include "support/process_config.h"
#include "support/scripted_upstream.h"

using namespace llmsnap;
using namespace llmsnap::test;
using Json = nlohmann::json;
using io::SanitizersActive;

namespace {

std::string get_events(std::string_view more_fields = {}) {
  return "GET /api/events HTTP/1.1\r\nHost: localhost\r\n" + std::string(more_fields) + "\r\n";
}

struct Event {
  std::string id;
  std::string type;
  Json data;
};

/// Reads /api/events as a browser would.
class Events {
 public:
  explicit Events(std::uint16_t port, std::string_view more_fields = {})
      : socket_(TestSocket::connect(port)) {
    socket_.send(get_events(more_fields));
    head_ = socket_.receive_until("\r\n\r\n");
  }

  const std::string& head() const { return head_; }

  Event next() {
    std::string text;
    do {
      text = socket_.receive_until("\n\n");
    } while (!text.empty() && text.find("data:") == std::string::npos);
    REQUIRE(text.find("data:") != std::string::npos);
    Event event;
    if (const auto id = text.find("id:"); id != std::string::npos) {
      event.id = text.substr(id + 3, text.find('\n', id) - id - 3);
    }
    const auto data = text.find("data:") + 5;
    const Json json = Json::parse(text.substr(data, text.find('\n', data) - data));
    event.type = json.at("type");
    event.data = Json::parse(json.at("data").get<std::string>());
    return event;
  }

  /// The next event of that type for which `matches`.
  template <typename Matches>
  Event next_of(const std::string& type, Matches matches) {
    for (;;) {
      Event event = next();
      if (event.type == type && matches(event.data)) {
        return event;
      }
    }
  }
  Event next_of(const std::string& type) {
    return next_of(type, [](const Json&) { return true; });
  }

 private:
  TestSocket socket_;
  std::string head_;
};

/// A model's server that the test itself plays.
class PlayedServer {
 public:
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_of(listener_)); }
  /// The connection of a request, whose head it has read.
  TestSocket accept() {
    TestSocket socket(UniqueFd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)));
    socket.receive_until("\r\n\r\n");
    return socket;
  }

 private:
  const UniqueFd listener_ = loopback_listener();
};

bool is_upsert(const Json& data) {
  return data.at("operation") == "upsert";
}

Json in_flight(TestGateway& gateway) {
  return Json::parse(get(gateway, "/api/inflight").body).at("requests");
}

std::string cancel(TestGateway& gateway, const std::string& id) {
  return exchange(gateway.port(), "POST /api/inflight/" + id +
                                      "/cancel HTTP/1.1\r\nHost: localhost\r\n"
                                      "Content-Length: 0\r\n\r\n")
      .body;
}

/// Whether one of them was, and has that status.
bool has_cancelled(const std::vector<TrafficRecord>& records, int status) {
  return std::any_of(records.begin(), records.end(), [status](const TrafficRecord& record) {
    return record.outcome == Outcome::Cancelled && record.status == status &&
           record.error == "the request was cancelled by an operator";
  });
}

constexpr std::string_view EventStreamHead =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nSet-Cookie: s=secret\r\n"
    "Transfer-Encoding: chunked\r\n\r\n";

}  // namespace

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

TEST_CASE("a request in flight is told from its arrival over its answer's head to its end",
          "[events]") {
  PlayedServer upstream;
  TestGateway gateway(config_for(upstream.url()));
  Events events(gateway.port());
  events.next_of("inflight");

  TestSocket client = TestSocket::connect(gateway.port());
  client.send(
      chat_request(R"({"model":"m","stream":true})", "Authorization: Bearer sk-canary\r\n"));
  TestSocket server = upstream.accept();
  const Json begun = events.next_of("inflight", is_upsert).data.at("request");
  CHECK(begun.at("model") == "m");
  CHECK(begun.at("method") == "POST");
  CHECK(begun.at("req_path") == "/v1/chat/completions");
  CHECK(begun.at("req_headers").at("Authorization") == "[REDACTED]");
  CHECK(begun.at("remote_ip") == "127.0.0.1");
  CHECK(begun.at("resp_headers").empty());
  CHECK(in_flight(gateway).size() == 1);

  server.send(EventStreamHead);
  const Json answered =
      events
          .next_of("inflight",
                   [](const Json& data) {
                     return is_upsert(data) && !data.at("request").at("resp_headers").empty();
                   })
          .data.at("request");
  CHECK(answered.at("resp_headers").at("Set-Cookie") == "[REDACTED]");

  server.send("9\r\ndata: 1\n\n\r\n");
  events.next_of("inflight", [](const Json& data) {
    return is_upsert(data) && data.at("request").at("resp_bytes") == 9;
  });
  server.send("0\r\n\r\n");
  const Event gone =
      events.next_of("inflight", [](const Json& data) { return data.at("operation") == "remove"; });
  CHECK(gone.data.at("id") == begun.at("id"));
  CHECK(in_flight(gateway).empty());
}

TEST_CASE("under /upstream a question is in flight by the path that its model sees, a page is not",
          "[events][J8]") {
  PlayedServer upstream;
  TestGateway gateway(config_for(upstream.url()));
  TestSocket page = TestSocket::connect(gateway.port());
  page.send("GET /upstream/m/page HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const TestSocket page_server = upstream.accept();
  TestSocket client = TestSocket::connect(gateway.port());
  client.send(
      "POST /upstream/m/v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}");
  TestSocket server = upstream.accept();
  const Json requests = in_flight(gateway);
  REQUIRE(requests.size() == 1);
  CHECK(requests.at(0).at("req_path") == "/v1/completions");
  CHECK(requests.at(0).at("model") == "m");
  server.send(plain_answer("{}"));
  CHECK(receive_answer(client).status == 200);
}

TEST_CASE(
    "a request in flight is shown with the model that a selector chose for it, and whose choice "
    "that was",
    "[events][O2]") {
  PlayedServer upstream;
  Config config = config_for(upstream.url());
  SelectorConfig& selector = config.selectors["any"];
  selector.id = "any";
  selector.targets = selector.target_names = {"m"};
  TestGateway gateway(config);
  TestSocket client = TestSocket::connect(gateway.port());
  client.send(
      "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 15\r\n\r\n"
      R"({"model":"any"})");
  TestSocket server = upstream.accept();
  const Json listed = in_flight(gateway);
  REQUIRE(listed.size() == 1);
  CHECK(listed.at(0).at("model") == "m");
  CHECK(listed.at(0).at("metadata") == Json{{"selector", "any"}});
}

TEST_CASE("a request that waits for its answer can be cancelled, and its client is told",
          "[events]") {
  PlayedServer upstream;
  TestGateway gateway(config_for(upstream.url()));
  TestSocket client = TestSocket::connect(gateway.port());
  client.send(chat_request());
  TestSocket server = upstream.accept();
  const Json listed = in_flight(gateway);
  REQUIRE(listed.size() == 1);
  CHECK(cancel(gateway, listed.at(0).at("id")) == R"({"msg":"ok"})");
  const ReceivedAnswer answer = receive_answer(client);
  CHECK(answer.status == 499);
  CHECK(contains(answer.body, "cancelled by an operator"));
  CHECK(server.closes_within(Patience));
  CHECK(in_flight(gateway).empty());
  CHECK(has_cancelled(gateway.wait_for_records(4), 499));
}

TEST_CASE("a stream that is cancelled ends with an error event and not as complete", "[events]") {
  PlayedServer upstream;
  TestGateway gateway(config_for(upstream.url()));
  TestSocket client = TestSocket::connect(gateway.port());
  client.send(chat_request(R"({"model":"m","stream":true})"));
  TestSocket server = upstream.accept();
  server.send(EventStreamHead);
  server.send("9\r\ndata: 1\n\n\r\n");
  client.receive_until("data: 1\n\n");
  REQUIRE(in_flight(gateway).size() == 1);
  cancel(gateway, in_flight(gateway).at(0).at("id"));
  const std::string rest = client.receive_all();
  CHECK(contains(rest, "cancelled by an operator"));
  CHECK_FALSE(contains(rest, "0\r\n\r\n"));
  CHECK(server.closes_within(Patience));
  CHECK(has_cancelled(gateway.wait_for_records(4), 200));  // two looks at the list, and the cancel
}

TEST_CASE("a request that is cancelled while it waits for its model is told and recorded so",
          "[events]") {
  ProcessGateway gateway({process_model("m", "--bind-delay-ms 600000")});
  TestSocket client = gateway.client(chat_with("m"));
  REQUIRE(gateway.history().wait_for("m", ModelState::Starting));
  cancel(gateway, in_flight(gateway).at(0).at("id"));
  const ReceivedAnswer answer = receive_answer(client);
  CHECK(answer.status == 499);
  CHECK(contains(answer.body, "cancelled by an operator"));
  CHECK(has_cancelled(gateway.wait_for_records(3), 499));
}

TEST_CASE("what was cancelled is counted and kept as such, and not as a client that left",
          "[events]") {
  PlayedServer upstream;
  TestGateway gateway(config_for(upstream.url()));
  TestSocket client = TestSocket::connect(gateway.port());
  client.send(chat_request());
  const TestSocket server = upstream.accept();
  cancel(gateway, in_flight(gateway).at(0).at("id"));
  REQUIRE(receive_answer(client).status == 499);
  gateway.wait_for_records(3);
  CHECK(eventually([&gateway] {
    return contains(get(gateway, "/metrics").body,
                    R"(llmsnap_request_errors_total{model="m",reason="cancelled"} 1)");
  }));
  CHECK(eventually([&gateway] {
    return contains(get(gateway, "/api/metrics/activity").body, R"("outcome":"cancelled")");
  }));
}

TEST_CASE("what is not in flight cannot be cancelled", "[events]") {
  TestGateway gateway(config_for("http://127.0.0.1:9"));
  CHECK(contains(cancel(gateway, "17"), "inflight request not found"));
  CHECK(contains(cancel(gateway, "x"), "inflight request not found"));
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
