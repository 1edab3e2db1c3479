// The requests in flight, as operators see them in /api/inflight and the events, and cancel them.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "catch.h"
#include "integration/event_reader.h"
#include "support/contains.h"
#include "support/listed.h"
#include "support/process_config.h"
#include "support/scripted_upstream.h"

using namespace llmsnap;
using namespace llmsnap::test;
using Json = nlohmann::json;

namespace {

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

/// A request in work at a model whose server the test plays.
struct Asked {
  explicit Asked(std::string_view body = R"({"model":"m"})") {
    client.send(chat_request(body));
    server = upstream.accept();
  }

  PlayedServer upstream;
  TestGateway gateway{config_for(upstream.url())};
  TestSocket client = TestSocket::connect(gateway.port());
  TestSocket server;
};

}  // namespace

TEST_CASE("a request in flight is told from its arrival over its answer's head to its end",
          "[in_flight]") {
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
          "[in_flight][J8]") {
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
    "[in_flight][O2]") {
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
          "[in_flight]") {
  Asked asked;
  const Json listed = in_flight(asked.gateway);
  REQUIRE(listed.size() == 1);
  CHECK(cancel(asked.gateway, listed.at(0).at("id")) == R"({"msg":"ok"})");
  const ReceivedAnswer answer = receive_answer(asked.client);
  CHECK(answer.status == 499);
  CHECK(contains(answer.body, "cancelled by an operator"));
  CHECK(asked.server.closes_within(Patience));
  CHECK(in_flight(asked.gateway).empty());
  CHECK(has_cancelled(asked.gateway.wait_for_records(4), 499));
}

TEST_CASE("a stream that is cancelled ends with an error event and not as complete",
          "[in_flight]") {
  Asked asked(R"({"model":"m","stream":true})");
  asked.server.send(EventStreamHead);
  asked.server.send("9\r\ndata: 1\n\n\r\n");
  asked.client.receive_until("data: 1\n\n");
  REQUIRE(in_flight(asked.gateway).size() == 1);
  cancel(asked.gateway, in_flight(asked.gateway).at(0).at("id"));
  const std::string rest = asked.client.receive_all();
  CHECK(contains(rest, "cancelled by an operator"));
  CHECK_FALSE(contains(rest, "0\r\n\r\n"));
  CHECK(asked.server.closes_within(Patience));
  CHECK(has_cancelled(asked.gateway.wait_for_records(4),
                      200));  // two looks at the list, and the cancel
}

TEST_CASE("a request that is cancelled while it waits for its model is told and recorded so",
          "[in_flight]") {
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
          "[in_flight]") {
  Asked asked;
  cancel(asked.gateway, in_flight(asked.gateway).at(0).at("id"));
  REQUIRE(receive_answer(asked.client).status == 499);
  asked.gateway.wait_for_records(3);
  CHECK(eventually([&asked] {
    return contains(get(asked.gateway, "/metrics").body,
                    R"(llmsnap_request_errors_total{model="m",reason="cancelled"} 1)");
  }));
  CHECK(eventually([&asked] {
    return contains(get(asked.gateway, "/api/metrics/activity").body, R"("outcome":"cancelled")");
  }));
}

TEST_CASE("what is not in flight cannot be cancelled", "[in_flight]") {
  TestGateway gateway(config_for("http://127.0.0.1:9"));
  CHECK(contains(cancel(gateway, "17"), "inflight request not found"));
  CHECK(contains(cancel(gateway, "x"), "inflight request not found"));
}
