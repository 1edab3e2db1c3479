// Captures: what is kept of requests and answers, and sent again.
#include <future>
#include <nlohmann/json.hpp>
#include <string>

#include "catch.h"
#include "support/captured.h"
#include "support/coded_text.h"
#include "support/contains.h"
#include "support/listed.h"
#include "support/process_config.h"
#include "support/scripted_upstream.h"
#include "support/unbase64.h"

using namespace llmsnap;
using namespace llmsnap::test;
using Json = nlohmann::json;

namespace {

constexpr std::string_view Secrets =
    "Authorization: Bearer sk-canary\r\nCookie: c=canary\r\nX-Goog-Api-Key: canary\r\n";

}  // namespace

TEST_CASE("a request and its answer are captured, without the credentials in them",
          "[captures][Q4]") {
  ScriptedUpstream upstream(
      always("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Custom: yes\r\n"
             "Set-Cookie: s=canary\r\nContent-Length: 11\r\n\r\n{\"ok\":true}"));
  TestGateway gateway(config_for(upstream.url()));
  const std::string body = R"({"model":"m","api_key":"canary"})";
  exchange(gateway.port(), chat_request(body, Secrets));
  const Json kept = captured(gateway, 1);
  CHECK(kept.at("id") == 1);
  CHECK(kept.at("req_path") == "/v1/chat/completions");
  CHECK(kept.at("method") == "POST");
  CHECK(kept.at("status") == 200);
  CHECK(kept.at("req_headers").at("Authorization") == "[REDACTED]");
  CHECK(kept.at("resp_headers").at("X-Custom") == "yes");
  CHECK(unbase64(kept.at("req_body")) == R"({"model":"m","api_key":"[REDACTED]"})");
  CHECK(unbase64(kept.at("resp_body")) == R"({"ok":true})");
  CHECK(kept.at("resp_broken") == false);
  CHECK_FALSE(contains(kept.dump(), "canary"));
}

TEST_CASE("captures are found by their number alone", "[captures][Q6]") {
  TestGateway gateway(config_for("http://127.0.0.1:9"));
  CHECK(get(gateway, "/api/captures/999").status == 404);
  CHECK(contains(get(gateway, "/api/captures/999").body, "capture not found"));
  CHECK(get(gateway, "/api/captures/abc").status == 400);
  CHECK(contains(get(gateway, "/api/captures/abc").body, "invalid capture ID"));
}

TEST_CASE("without a buffer nothing is captured", "[captures][Q4]") {
  ScriptedUpstream upstream(always(plain_answer("{}")));
  Config config = config_for(upstream.url());
  config.recording.capture_megabytes = 0;
  TestGateway gateway(config);
  exchange(gateway.port(), chat_request());
  gateway.wait_for_records(1);
  REQUIRE(eventually(
      [&gateway] { return contains(get(gateway, "/api/metrics/activity").body, "\"total\":1"); }));
  CHECK(get(gateway, "/api/captures/1").status == 404);
  CHECK(contains(get(gateway, "/api/metrics/activity").body, "\"has_capture\":false"));
}

TEST_CASE("a request that failed is captured with what its client was told", "[captures]") {
  TestGateway gateway(config_for("http://127.0.0.1:9"));
  const auto answer = exchange(gateway.port(), chat_request());
  REQUIRE(answer.status == 502);
  const Json kept = captured(gateway, 1);
  CHECK(kept.at("status") == 502);
  CHECK(unbase64(kept.at("resp_body")) == answer.body);
  CHECK(kept.at("resp_headers").at("X-Request-Id") == answer.field("x-request-id"));
  CHECK(kept.at("resp_broken") == false);
}

TEST_CASE("a failure behind what was told of a load is captured with that", "[captures]") {
  ModelConfig model = process_model("m", "--load-ms 5000 --exit-after-ms 500");
  model.send_loading_state = GENERATE(true, false);
  model.keep_alive_while_loading = std::chrono::milliseconds(100);
  ProcessGateway gateway({model});
  const auto answer = exchange(gateway.port(), stream_from("m"));
  REQUIRE(answer.status == 200);
  REQUIRE(contains(answer.body, "exited with code 1"));
  const Json kept = captured(gateway, 1);
  CHECK(kept.at("status") == 200);
  CHECK(kept.at("resp_headers").at("Content-Type") == "text/event-stream");
  CHECK(unbase64(kept.at("resp_body")) == answer.body);
  CHECK(kept.at("resp_pieces").size() > 1);
  CHECK(kept.at("resp_broken") == false);
}

TEST_CASE("a stream behind what was told of a load is captured as its server sent it",
          "[captures]") {
  ModelConfig model = process_model("m", "--load-ms 300");
  model.send_loading_state = true;
  ProcessGateway gateway({model});
  const auto answer = exchange(gateway.port(), stream_from("m"));
  REQUIRE(contains(answer.body, "loading model"));
  const std::string kept = unbase64(captured(gateway, 1).at("resp_body"));
  CHECK_FALSE(contains(kept, "loading model"));
  CHECK(contains(answer.body, kept));
}

TEST_CASE("an answer that breaks before any of it has left is captured as what its client got",
          "[captures]") {
  ScriptedUpstream upstream(
      always("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno size\r\n"));
  TestGateway gateway(config_for(upstream.url()));
  const auto answer = exchange(gateway.port(), chat_request());
  REQUIRE(answer.status == 502);
  const Json kept = captured(gateway, 1);
  CHECK(kept.at("status") == 502);
  CHECK(unbase64(kept.at("resp_body")) == answer.body);
  CHECK(kept.at("resp_broken") == false);
}

TEST_CASE("of a client that left before its answer no answer is captured", "[captures]") {
  ProcessGateway gateway({process_model("m", "--load-ms 60000")});
  TestSocket client = gateway.client(stream_from("m"));
  REQUIRE(gateway.history().wait_for("m", ModelState::Starting));
  client.close();
  const Json kept = captured(gateway, 1);
  CHECK(kept.at("status") == 0);
  CHECK(kept.at("resp_headers").empty());
  CHECK(kept.at("resp_body") == "");
  CHECK(kept.at("resp_broken") == true);
}

TEST_CASE("a failure is captured in the form that its client asked for", "[captures]") {
  TestGateway gateway(config_for("http://127.0.0.1:9"));
  const auto answer =
      exchange(gateway.port(), chat_request(R"({"model":"m"})", "Accept: text/plain\r\n"));
  const Json kept = captured(gateway, 1);
  CHECK(kept.at("resp_headers").at("Content-Type") == answer.field("content-type"));
  CHECK(unbase64(kept.at("resp_body")) == answer.body);
}

TEST_CASE("a capture of an answer without an end says so", "[captures]") {
  const bool client_leaves = GENERATE(true, false);
  ScriptedUpstream upstream(
      [client_leaves](TestSocket& server, const std::string&, const std::string&) {
        server.send(BeginningOfAnswer);
        return client_leaves && !server.closes_within(std::chrono::milliseconds(Patience));
      });
  TestGateway gateway(config_for(upstream.url()));
  TestSocket client = TestSocket::connect(gateway.port());
  client.send(chat_request());
  client.receive_until("abc");
  if (client_leaves) {
    client.close();
  }
  const Json kept = captured(gateway, 1);
  CHECK(kept.at("resp_broken") == true);
  CHECK(kept.at("resp_truncated") == false);
  CHECK(unbase64(kept.at("resp_body")) == "abc");
  if (!client_leaves) {
    const Json both = Json::parse(replay(gateway, 1).body);
    CHECK(both.at("replay").at("resp_broken") == true);
  }
}

TEST_CASE("a captured page is no page where it is looked at", "[captures][E10]") {
  const std::string page = "<script>alert(1)</script>";
  ScriptedUpstream upstream(always(plain_answer(page, "text/html")));
  TestGateway gateway(config_for(upstream.url()));
  exchange(gateway.port(), chat_request());
  CHECK(unbase64(captured(gateway, 1).at("resp_body")) == page);
  const auto shown = get(gateway, "/api/captures/1");
  CHECK(shown.field("content-type") == "application/json");
  CHECK(shown.field("x-content-type-options") == "nosniff");
  CHECK_FALSE(shown.body.find("<script") != std::string::npos);
}

TEST_CASE("the row of a captured request says so", "[captures]") {
  ScriptedUpstream upstream(always(plain_answer("{}")));
  TestGateway gateway(config_for(upstream.url()));
  exchange(gateway.port(), chat_request());
  captured(gateway, 1);
  CHECK(contains(get(gateway, "/api/metrics/activity").body, "\"has_capture\":true"));
}

TEST_CASE("of a long stream the beginning is kept, and that it was longer", "[captures][H11]") {
  const std::string piece(256 * 1024, 'x');
  ScriptedUpstream upstream([&piece](TestSocket& client, const std::string&, const std::string&) {
    client.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
    for (int i = 0; i < 64; ++i) {
      client.send(piece);
    }
    return false;
  });
  TestGateway gateway(config_for(upstream.url()));
  exchange(gateway.port(), chat_request(R"({"model":"m","stream":true})"));
  const Json kept = captured(gateway, 1);
  CHECK(kept.at("resp_truncated") == true);
  CHECK(kept.at("resp_size") == 64 * piece.size());
  CHECK(unbase64(kept.at("resp_body")).size() <= 1024 * 1024);
}

TEST_CASE("the times at which a stream's pieces came are kept", "[captures]") {
  std::promise<void> has_first;
  ScriptedUpstream upstream([&has_first](TestSocket& client, const std::string&,
                                         const std::string&) {
    client.send(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
    client.send("9\r\ndata: 1\n\n\r\n");
    has_first.get_future().wait_for(Patience);
    client.send("9\r\ndata: 2\n\n\r\n0\r\n\r\n");
    return true;
  });
  TestGateway gateway(config_for(upstream.url()));
  TestSocket client = TestSocket::connect(gateway.port());
  client.send(chat_request(R"({"model":"m","stream":true})"));
  client.receive_until("data: 1\n\n");
  has_first.set_value();
  client.receive_until("0\r\n\r\n");
  const Json pieces = captured(gateway, 1).at("resp_pieces");
  REQUIRE(pieces.size() == 2);
  CHECK(pieces[0].at("bytes") == 9);
  CHECK(pieces[1].at("bytes") == 9);
  CHECK(pieces[0].at("at_ms") > 0);
  CHECK(pieces[1].at("at_ms") > pieces[0].at("at_ms"));
}

TEST_CASE("a captured request is sent again, to another model, and both answers are told",
          "[captures]") {
  ScriptedUpstream first(always(plain_answer(R"({"from":"a"})")));
  ScriptedUpstream second(always(plain_answer(R"({"from":"b"})")));
  Config config;
  config.models["a"] = served_at("a", first.url());
  config.models["b"] = served_at("b", second.url());
  TestGateway gateway(config);
  exchange(gateway.port(), chat_request(R"({"seed": 1e2, "model":"a"})", Secrets));
  captured(gateway, 1);

  const auto same = Json::parse(replay(gateway, 1).body);
  CHECK(unbase64(same.at("replay").at("resp_body")) == R"({"from":"a"})");
  const auto answer = replay(gateway, 1, R"({"model":"b"})");
  REQUIRE(answer.status == 200);
  const Json both = Json::parse(answer.body);
  CHECK(both.at("capture").at("id") == 1);
  CHECK(unbase64(both.at("capture").at("resp_body")) == R"({"from":"a"})");
  CHECK(unbase64(both.at("replay").at("resp_body")) == R"({"from":"b"})");
  CHECK(both.at("replay").at("status") == 200);
  const std::string sent = second.received().at(0);
  CHECK(contains(sent, R"({"seed": 1e2, "model":"b"})"));
  CHECK_FALSE(contains(sent, "canary"));
  CHECK(unbase64(captured(gateway, 3).at("req_body")) == R"({"seed": 1e2, "model":"b"})");
}

TEST_CASE("what was not kept whole is not sent again, and the answer says why", "[captures]") {
  ScriptedUpstream upstream(always(plain_answer("{}")));
  TestGateway gateway(config_for(upstream.url()));
  exchange(gateway.port(), chat_request(R"({"model":"m","api_key":"x"})"));
  captured(gateway, 1);
  const auto redacted = replay(gateway, 1);
  CHECK(redacted.status == 409);
  CHECK(contains(redacted.body, "held a secret"));
  exchange(gateway.port(),
           chat_request(R"({"model":"m","long":")" + std::string(2'000'000, 'x') + "\"}"));
  captured(gateway, 2);
  const auto truncated = replay(gateway, 2);
  CHECK(truncated.status == 409);
  CHECK(contains(truncated.body, "bytes were kept"));
  CHECK(replay(gateway, 17).status == 404);
}

TEST_CASE("a replay that fails tells how", "[captures]") {
  ScriptedUpstream upstream(always(plain_answer("{}")));
  TestGateway gateway(config_for(upstream.url()));
  exchange(gateway.port(), chat_request());
  captured(gateway, 1);
  const Json both = Json::parse(replay(gateway, 1, R"({"model":"unknown"})").body);
  CHECK(both.at("replay").at("status") == 404);
  CHECK(contains(both.at("replay").at("error").get<std::string>(), "unknown"));
}

TEST_CASE("a compressed answer is captured and shown as what it says", "[captures][P13]") {
  const std::string coded = gzip_coded(R"({"ok":true})");
  ScriptedUpstream upstream(
      always("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n"
             "Content-Length: " +
             std::to_string(coded.size()) + "\r\n\r\n" + coded));
  TestGateway gateway(config_for(upstream.url()));
  const auto answer =
      exchange(gateway.port(), chat_request(R"({"model":"m"})", "Accept-Encoding: gzip\r\n"));
  CHECK((answer.body == coded));
  const Json kept = captured(gateway, 1);
  CHECK(unbase64(kept.at("resp_body")) == R"({"ok":true})");
  CHECK_FALSE(kept.at("resp_headers").contains("Content-Encoding"));
  CHECK(kept.at("resp_headers").contains("Content-Type"));
  CHECK(kept.at("resp_size") == coded.size());
}

TEST_CASE("under /upstream what is captured goes by the path that the model's server sees",
          "[captures][J10]") {
  ScriptedUpstream upstream(always(plain_answer("sound", "audio/wav")));
  TestGateway gateway(config_for(upstream.url()));
  const auto answer = exchange(gateway.port(),
                               "POST /upstream/m/v1/audio/speech HTTP/1.1\r\nHost: localhost\r\n"
                               "Content-Length: 13\r\n\r\n{\"model\":\"m\"}");
  CHECK(answer.body == "sound");
  const Json kept = captured(gateway, 1);
  CHECK(kept.at("req_path") == "/v1/audio/speech");
  CHECK(unbase64(kept.at("req_body")) == R"({"model":"m"})");
  CHECK(kept.at("resp_headers").at("Content-Type") == "audio/wav");
  CHECK(kept.at("resp_body") == "");
  CHECK(kept.at("resp_size") == 5);
  CHECK(kept.at("resp_truncated") == true);
}
