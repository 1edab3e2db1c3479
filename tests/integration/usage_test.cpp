// What records tell of tokens, and how it is got: out of compressed answers, and where a server
// tells it only when it is asked.
#include <algorithm>
#include <atomic>
#include <string>
#include <vector>

#include "catch.h"
#include "io/sanitizer.h"
#include "support/coded_text.h"
#include "support/contains.h"
#include "support/peak_memory.h"
#include "support/scripted_upstream.h"
#include "support/test_gateway.h"

using namespace llmsnap;
using namespace llmsnap::test;

namespace {

const std::string Asked = R"("stream_options":{"include_usage":true})";
const std::string StreamBody = R"({"model":"m","stream":true})";
const std::string AskingBody = R"({"model":"m","stream":true,)" + Asked + "}";

const std::string Chunks =
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"}}]}\n\n"
    "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
const std::string UsageChunk =
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":3}}\n\n";
const std::string Done = "data: [DONE]\n\n";

std::string answer(std::string_view status, std::string_view fields, std::string_view body) {
  return "HTTP/1.1 " + std::string(status) + "\r\n" + std::string(fields) +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

std::string stream_answer(std::string_view body) {
  return answer("200 OK", "Content-Type: text/event-stream\r\n", body);
}

bool is_asked(const std::string& body) {
  return contains(body, "\"include_usage\":true");
}

/// Tells of usage where it is asked to; the stream comes a few bytes at a time.
ScriptedUpstream::Script asked_server() {
  return [](TestSocket& client, const std::string&, const std::string& body) {
    const std::string stream = Chunks + (is_asked(body) ? UsageChunk : "") + Done;
    client.send(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
        "Transfer-Encoding: chunked\r\n\r\n");
    for (std::size_t at = 0; at < stream.size(); at += 10) {
      const std::string piece = stream.substr(at, 10);
      client.send(std::string(1, "0123456789a"[piece.size()]) + "\r\n" + piece + "\r\n");
    }
    return client.send("0\r\n\r\n");
  };
}

/// Knows no such option.
ScriptedUpstream::Script strict_server() {
  return [](TestSocket& client, const std::string&, const std::string& body) {
    return client.send(contains(body, "stream_options")
                           ? answer("400 Bad Request", "Content-Type: application/json\r\n",
                                    R"({"error":{"message":"unknown: stream_options"}})")
                           : stream_answer(Chunks + Done));
  };
}

TrafficRecord record_of(TestGateway& gateway, std::size_t number) {
  const std::vector<TrafficRecord> records = gateway.wait_for_records(number);
  REQUIRE(records.size() >= number);
  return records[number - 1];
}

}  // namespace

TEST_CASE("compressed answers are metered, and reach the client byte for byte", "[usage]") {
  struct Coding {
    const char* name;
    std::string (*coded)(std::string_view text);
  };
  const Coding coding =
      GENERATE(values<Coding>({{"gzip", gzip_coded},
                               {"deflate", zlib_coded},
                               {"deflate", raw_deflate_coded},
                               {"br", [](std::string_view text) { return brotli_coded(text); }},
                               {"zstd", [](std::string_view text) { return zstd_coded(text); }}}));
  const bool streamed = GENERATE(false, true);
  INFO(coding.name << ' ' << streamed);
  const std::string body = coding.coded(
      streamed ? Chunks + UsageChunk + Done
               : R"({"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":3}})");
  ScriptedUpstream upstream(always(answer(
      "200 OK",
      std::string("Content-Encoding: ") + coding.name +
          "\r\nContent-Type: " + (streamed ? "text/event-stream" : "application/json") + "\r\n",
      body)));
  TestGateway gateway(config_for(upstream.url()));
  const ReceivedAnswer received =
      exchange(gateway.port(), chat_request(streamed ? AskingBody : R"({"model":"m"})",
                                            "Accept-Encoding: gzip, deflate, br, zstd\r\n"));
  CHECK(received.body == body);
  CHECK(received.field("content-encoding") == coding.name);
  const TrafficRecord record = record_of(gateway, 1);
  CHECK(record.usage.input_tokens == 9u);
  CHECK(record.usage.output_tokens == 3u);
  CHECK(record.tokens.pieces == (streamed ? 3u : 0u));
  CHECK(record.server_error.empty());
  CHECK(contains(upstream.received()[0], "Accept-Encoding: gzip, deflate, br, zstd\r\n"));
}

TEST_CASE("an answer that is not what its Content-Encoding says passes, unmetered", "[usage]") {
  const std::string body = R"({"usage":{"prompt_tokens":9}})";
  ScriptedUpstream upstream(always(
      answer("200 OK", "Content-Encoding: gzip\r\nContent-Type: application/json\r\n", body)));
  TestGateway gateway(config_for(upstream.url()));
  CHECK(exchange(gateway.port(), chat_request()).body == body);
  const TrafficRecord record = record_of(gateway, 1);
  CHECK_FALSE(record.usage.input_tokens);
  CHECK(record.server_error.empty());
  CHECK(record.outcome == Outcome::Complete);
}

TEST_CASE("a stream is made to tell of usage, and the client does not see it", "[usage]") {
  const std::string path =
      GENERATE("/v1/chat/completions", "/v1/completions", "/v/chat/completions", "/v/completions");
  const std::string body =
      GENERATE(as<std::string>{}, StreamBody,
               R"({"model":"m","stream":true,"stream_options":{"include_usage":false}})");
  ScriptedUpstream upstream(asked_server());
  TestGateway gateway(config_for(upstream.url()));
  std::string request = chat_request(body, "Accept-Encoding: gzip\r\n");
  request.replace(request.find("/v1/chat/completions"), 20, path);
  const ReceivedAnswer received = exchange(gateway.port(), request);
  CHECK(received.complete);
  CHECK(received.body == Chunks + Done);
  REQUIRE(upstream.received().size() == 1);
  CHECK(is_asked(upstream.received()[0]));
  // Nothing can be taken out of what is compressed.
  CHECK(contains(upstream.received()[0], "Accept-Encoding: identity\r\n"));
  const TrafficRecord record = record_of(gateway, 1);
  CHECK(record.usage.input_tokens == 9u);
  CHECK(record.usage.output_tokens == 3u);
  CHECK(record.usage.stop_reason == "stop");
  CHECK(record.response_bytes == received.body.size());
}

TEST_CASE("a stream of known length from which usage is taken leaves without that length",
          "[usage]") {
  ScriptedUpstream upstream(always(stream_answer(Chunks + UsageChunk + Done)));
  TestGateway gateway(config_for(upstream.url()));
  TestSocket client = TestSocket::connect(gateway.port());
  for (int i = 0; i < 2; ++i) {
    client.send(chat_request(StreamBody));
    const ReceivedAnswer received = receive_answer(client);
    CHECK(received.complete);
    CHECK(received.body == Chunks + Done);
    CHECK(received.field("content-length") == "(none)");
  }
}

TEST_CASE("what the client has asked for stays in its stream", "[usage]") {
  ScriptedUpstream upstream(asked_server());
  TestGateway gateway(config_for(upstream.url()));
  CHECK(exchange(gateway.port(), chat_request(AskingBody)).body == Chunks + UsageChunk + Done);
  CHECK(upstream.received()[0].ends_with("\r\n\r\n" + AskingBody));
  CHECK(record_of(gateway, 1).usage.output_tokens == 3u);
}

TEST_CASE("a body that asks for no stream, and one that a filter decides, go as they are",
          "[usage]") {
  ScriptedUpstream upstream(always(plain_answer("{}")));
  Config config = config_for(upstream.url());
  TestGateway gateway(config);
  for (const std::string body : {R"({"model":"m"})", R"({"model":"m", "stream":false})",
                                 R"({"model":"m","stream":"true"})"}) {
    exchange(gateway.port(), chat_request(body));
    CHECK(upstream.received().back().ends_with("\r\n\r\n" + body));
  }
  config.models.at("m").filters.strip_params = {"stream_options"};
  gateway.gateway().reload(config);
  exchange(gateway.port(), chat_request(StreamBody));
  CHECK(upstream.received().back().ends_with("\r\n\r\n" + StreamBody));
}

TEST_CASE("a server that answers with 400 is asked again at once without, and never again with it",
          "[usage]") {
  ScriptedUpstream upstream(strict_server());
  const Config config = config_for(upstream.url());
  TestGateway gateway(config);
  for (int i = 0; i < 2; ++i) {
    const ReceivedAnswer received = exchange(gateway.port(), chat_request(StreamBody));
    CHECK(received.status == 200);
    CHECK(received.body == Chunks + Done);
  }
  std::vector<std::string> sent = upstream.received();
  REQUIRE(sent.size() == 3);
  CHECK(is_asked(sent[0]));
  CHECK(sent[1].ends_with("\r\n\r\n" + StreamBody));
  CHECK(sent[2].ends_with("\r\n\r\n" + StreamBody));
  const TrafficRecord record = record_of(gateway, 2);
  CHECK(record.status == 200);
  CHECK(record.server_error.empty());

  gateway.gateway().reload(config);
  CHECK(exchange(gateway.port(), chat_request(StreamBody)).status == 200);
  sent = upstream.received();
  REQUIRE(sent.size() == 4);
  CHECK_FALSE(is_asked(sent[3]));  // it is the same server still
}

TEST_CASE("a 400 that the request earns by itself reaches the client, and turns nothing off",
          "[usage]") {
  std::atomic<bool> is_good{false};
  ScriptedUpstream upstream(
      [&is_good](TestSocket& client, const std::string&, const std::string& body) {
        if (!is_good) {
          return client.send(answer("400 Bad Request", "Content-Type: application/json\r\n",
                                    R"({"error":{"message":"too long"}})"));
        }
        return client.send(stream_answer(Chunks + (is_asked(body) ? UsageChunk : "") + Done));
      });
  TestGateway gateway(config_for(upstream.url()));
  const ReceivedAnswer refused = exchange(gateway.port(), chat_request(StreamBody));
  CHECK(refused.status == 400);
  CHECK(contains(refused.body, "too long"));
  CHECK(record_of(gateway, 1).server_error == "too long");
  is_good = true;
  CHECK(exchange(gateway.port(), chat_request(StreamBody)).body == Chunks + Done);
  CHECK(record_of(gateway, 2).usage.output_tokens == 3u);

  // It has shown that it takes the option: a 400 is the request's own at once.
  is_good = false;
  const std::size_t before = upstream.received().size();
  CHECK(exchange(gateway.port(), chat_request(StreamBody)).status == 400);
  CHECK(upstream.received().size() == before + 1);
}

TEST_CASE("a server that compresses all the same is asked without, so that nothing is left behind",
          "[usage]") {
  ScriptedUpstream upstream([](TestSocket& client, const std::string&, const std::string& body) {
    return client.send(answer("200 OK",
                              "Content-Type: text/event-stream\r\nContent-Encoding: gzip\r\n",
                              gzip_coded(Chunks + (is_asked(body) ? UsageChunk : "") + Done)));
  });
  TestGateway gateway(config_for(upstream.url()));
  for (int i = 0; i < 2; ++i) {
    CHECK(exchange(gateway.port(), chat_request(StreamBody)).body == gzip_coded(Chunks + Done));
  }
  CHECK(upstream.received().size() == 3);
}

TEST_CASE("a server that gives its timings unasked is not asked again", "[usage]") {
  const std::string timings =
      "data: {\"choices\":[{\"index\":0,\"delta\":{}}],\"timings\":{\"prompt_n\":5,"
      "\"predicted_n\":7,\"predicted_per_second\":50}}\n\n";
  ScriptedUpstream upstream(always(stream_answer(Chunks + timings + Done)));
  TestGateway gateway(config_for(upstream.url()));
  for (std::size_t i = 1; i <= 2; ++i) {
    CHECK(exchange(gateway.port(), chat_request(StreamBody)).body == Chunks + timings + Done);
    CHECK(record_of(gateway, i).usage.output_tokens == 7u);
  }
  CHECK(is_asked(upstream.received()[0]));
  CHECK_FALSE(is_asked(upstream.received()[1]));
}

TEST_CASE("an error of a model's server is told in the record, without the server's key",
          "[usage]") {
  const std::string error = R"({"error":{"message":"no key like sesame-7, go away"}})";
  const bool coded = GENERATE(false, true);
  ScriptedUpstream upstream(always(answer(
      "401 Unauthorized",
      std::string("Content-Type: application/json\r\n") + (coded ? "Content-Encoding: br\r\n" : ""),
      coded ? brotli_coded(error) : error)));
  Config config = config_for(upstream.url());
  config.models.at("m").api_key = "sesame-7";
  TestGateway gateway(config);
  exchange(gateway.port(), chat_request());
  CHECK(record_of(gateway, 1).server_error == "no key like ***, go away");
}

TEST_CASE("an error without JSON is told by its status line", "[usage]") {
  ScriptedUpstream upstream(
      always(answer("502 Bad Gateway", "Content-Type: text/html\r\n", "<h1>oops</h1>")));
  TestGateway gateway(config_for(upstream.url()));
  exchange(gateway.port(), chat_request());
  CHECK(record_of(gateway, 1).server_error == "502 Bad Gateway");
}

TEST_CASE("100 MB streamed through a metered route keep memory flat", "[usage]") {
  constexpr std::size_t Pieces = 1600;
  const std::string event =
      "data: {\"choices\":[{\"delta\":{\"content\":\"" + std::string(960, 'x') + "\"}}]}\n\n";
  std::string piece;
  while (piece.size() < 64 * 1024) {
    piece += event;
  }
  ScriptedUpstream upstream([&piece](TestSocket& client, const std::string&, const std::string&) {
    client.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
    for (std::size_t i = 0; i < Pieces; ++i) {
      client.send(piece);
    }
    client.send(UsageChunk + Done);
    return false;
  });
  TestGateway gateway(config_for(upstream.url()));
  TestSocket client = TestSocket::connect(gateway.port());
  client.send(chat_request(StreamBody, "Connection: close\r\n"));
  const std::size_t before = (peak_memory(), peak_memory());
  std::size_t received = 0;
  for (std::string bytes = client.receive(); !bytes.empty(); bytes = client.receive()) {
    received += bytes.size();
  }
  CHECK(received > Pieces * piece.size());
  if (!io::SanitizersActive) {  // they keep freed memory
    CHECK(peak_memory() < before + (8U << 20));
  }
  const TrafficRecord record = record_of(gateway, 1);
  CHECK(record.usage.output_tokens == 3u);
  CHECK(record.tokens.pieces == Pieces * (piece.size() / event.size()) + 1);
}
