// Loading: what a client that asked for a stream reads until its model is ready.
#include <nlohmann/json.hpp>

#include "catch.h"
#include "support/contains.h"
#include "support/process_config.h"

using namespace llmsnap;
using namespace llmsnap::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* Separator = "━━━━━";

ModelConfig telling(ModelConfig model) {
  model.send_loading_state = true;
  return model;
}

ModelConfig with_signs(ModelConfig model, std::chrono::milliseconds interval) {
  model.keep_alive_while_loading = interval;
  return model;
}

std::string stream_to(std::string_view path, std::string_view model = "m") {
  const std::string body =
      R"({"model":")" + std::string(model) + R"(","messages":[],"input":"x","stream":true})";
  return "POST " + std::string(path) +
         " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

/// The loading text of all chat events that have one.
std::string news_in(const std::string& body) {
  std::string text;
  for (std::size_t at = body.find("data: {"); at != std::string::npos;
       at = body.find("data: {", at + 1)) {
    const std::string line = body.substr(at + 6, body.find('\n', at) - at - 6);
    const nlohmann::json::json_pointer place("/choices/0/delta/reasoning_content");
    if (const auto event = nlohmann::json::parse(line); event.contains(place)) {
      text += event[place].get<std::string>();
    }
  }
  return text;
}

bool ends_with(const std::string& text, std::string_view end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

/// The body of a chat's stream, as an application pulls it.
std::string pulled_stream(ProcessGateway& gateway) {
  GatewayRequest request;
  request.method = "POST";
  request.target = "/v1/chat/completions";
  request.headers = {{"Host", "localhost"}, {"Content-Type", "application/json"}};
  request.body = R"({"model":"m","messages":[],"stream":true})";
  GatewayAnswer answer = gateway.gateway().handle(std::move(request));
  CHECK(answer.status() == 200);
  std::string body;
  for (;;) {
    const Result<std::string> piece = answer.next();
    REQUIRE(piece);
    if (piece->empty()) {
      return body;
    }
    body += *piece;
  }
}

}  // namespace

TEST_CASE("a waiting chat reads at once what is loaded, then the model's stream, whole",
          "[loading][W-09]") {
  ProcessGateway gateway({telling(process_model("m", "--load-ms 1500"))});
  TestSocket client = gateway.client(stream_from("m"));
  const std::string begin = client.receive_until("loading model: m");
  CHECK(gateway.status("m").state != ModelState::Ready);
  client.put_back(begin);
  const ReceivedAnswer answer = receive_answer(client);
  CHECK(answer.status == 200);
  CHECK(answer.field("content-type") == "text/event-stream");
  CHECK(answer.field("cache-control") == "no-cache");
  CHECK(answer.field("x-request-id") != "(none)");
  CHECK(answer.complete);
  const std::string news = news_in(answer.body);
  CHECK(news.rfind(std::string(Separator) + "\nllmsnap loading model: m\n", 0) == 0);
  CHECK(contains(news, "starting"));
  CHECK(contains(news, "\nDone! ("));
  CHECK(ends_with(news, std::string(Separator) + "\n \n"));
  CHECK(ends_with(answer.body, "data: [DONE]\n\n"));
  CHECK(answer.body.find("Done!") < answer.body.find("\"content\""));
}

TEST_CASE("news of a load are events that strict clients of chats accept", "[loading][L4]") {
  ProcessGateway gateway({telling(process_model("m", "--load-ms 300"))});
  const ReceivedAnswer answer = exchange(gateway.port(), stream_from("m"));
  const std::size_t at = answer.body.find("data: ") + 6;
  const auto event = nlohmann::json::parse(answer.body.substr(at, answer.body.find('\n', at) - at));
  CHECK(event["object"] == "chat.completion.chunk");
  CHECK(event["id"].get<std::string>().rfind("chatcmpl-", 0) == 0);
  CHECK(event["created"].is_number_integer());
  CHECK(event["model"] == "m");
  CHECK(event["choices"][0]["index"] == 0);
  CHECK(event["choices"][0]["finish_reason"].is_null());
}

TEST_CASE("a second load says how long the first one took", "[loading]") {
  ProcessGateway gateway({telling(process_model("m", "--load-ms 600"))});
  CHECK(!contains(exchange(gateway.port(), stream_from("m")).body, "the last time"));
  CHECK(gateway.unload().status == 200);
  CHECK(contains(exchange(gateway.port(), stream_from("m")).body, "it took 1 s the last time"));
}

TEST_CASE("who waits behind another model reads his place and who makes room", "[loading]") {
  ProcessGateway gateway(
      {process_model("a", "--tokens 2000 --tokens-per-second 100"), telling(process_model("m"))});
  TestSocket busy = gateway.begun_stream("a");
  TestSocket first = gateway.client(stream_from("m"));
  CHECK(contains(first.receive_until("has ended"),
                 "Queue position: #1, a makes room when its 1 request has ended"));
  TestSocket second = gateway.client(stream_from("m"));
  const std::string begin = second.receive_until("makes room");
  CHECK(contains(begin, "Queue position: #2"));
  second.put_back(begin);
  busy.close();
  CHECK(contains(receive_answer(second).body, "\"content\""));
}

TEST_CASE("a ready model's stream has no news in it, and no answer that is no stream",
          "[loading]") {
  ProcessGateway gateway({telling(process_model("m", "--load-ms 300"))});
  const ReceivedAnswer plain = gateway.chat("m");
  CHECK(plain.status == 200);
  CHECK(!contains(plain.body, "loading"));
  CHECK(news_in(exchange(gateway.port(), stream_from("m")).body).empty());
}

TEST_CASE("a start that fails after the news began ends with the dialect's error and its end",
          "[loading][W-45]") {
  ProcessGateway gateway({telling(process_model("m", "--load-ms 5000 --exit-after-ms 300"))});
  SECTION("chat completions") {
    const ReceivedAnswer answer = exchange(gateway.port(), stream_from("m"));
    CHECK(answer.status == 200);
    CHECK(answer.complete);
    CHECK(contains(news_in(answer.body), "\nFailed after "));
    const std::size_t at = answer.body.find("data: {\"error\":");
    REQUIRE(at != std::string::npos);
    CHECK(contains(answer.body.substr(at), "exited with code 1"));
    CHECK(ends_with(answer.body, "data: [DONE]\n\n"));
    const auto records = gateway.wait_for_records(1);
    CHECK(records.at(0).outcome == Outcome::Refused);
    CHECK(contains(records.at(0).error, "exited with code 1"));
  }
  SECTION("messages") {
    const ReceivedAnswer answer = exchange(gateway.port(), stream_to("/v1/messages"));
    CHECK(contains(answer.body, "event: ping\ndata: {\"type\":\"ping\",\"loading\":"));
    CHECK(contains(answer.body, "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":"));
    CHECK(ends_with(answer.body, "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"));
  }
  SECTION("responses") {
    const ReceivedAnswer answer = exchange(gateway.port(), stream_to("/v1/responses"));
    CHECK(answer.body.rfind(": ", 0) == 0);
    CHECK(contains(answer.body, "event: error\ndata: {\"type\":\"error\",\"code\":"));
    CHECK(contains(answer.body, "event: response.failed\n"));
  }
}

TEST_CASE("a load that is unloaded ends the news with its reason", "[loading]") {
  ProcessGateway gateway({telling(process_model("m", "--load-ms 60000"))});
  TestSocket client = gateway.client(stream_from("m"));
  client.put_back(client.receive_until("starting"));
  CHECK(gateway.unload().status == 200);
  const ReceivedAnswer answer = receive_answer(client);
  CHECK(answer.complete);
  CHECK(contains(news_in(answer.body), "\nFailed after "));
  CHECK(contains(answer.body, "data: {\"error\":"));
  CHECK(contains(answer.body, "unloaded"));
  CHECK(ends_with(answer.body, "data: [DONE]\n\n"));
}

TEST_CASE("what is refused at once keeps its status, news or not", "[loading][125][A17]") {
  ModelConfig model = telling(process_model("m", "--tokens 2000 --tokens-per-second 100"));
  model.concurrency_limit = 1;
  ModelConfig broken = telling(command_model("gone", "/nonexistent/server ${PORT}"));
  ProcessGateway gateway({model, broken});
  TestSocket busy = gateway.client(stream_from("m"));
  busy.put_back(busy.receive_until("\"content\""));
  const ReceivedAnswer refused = exchange(gateway.port(), stream_from("m"));
  CHECK(refused.status == 429);
  CHECK(!contains(refused.body, "loading"));
  busy.close();
  CHECK(exchange(gateway.port(), stream_from("no-such-model")).status == 404);
  exchange(gateway.port(), stream_from("gone"));
  CHECK(exchange(gateway.port(), stream_from("gone")).status == 503);  // backed off from
}

TEST_CASE("a stream that waits long gets signs of life in its dialect", "[loading]") {
  ProcessGateway gateway({with_signs(process_model("m", "--load-ms 1000"), 200ms)});
  SECTION("a comment") {
    const ReceivedAnswer answer = exchange(gateway.port(), stream_from("m"));
    CHECK(answer.body.rfind(": ", 0) == 0);
    CHECK(news_in(answer.body).empty());
    CHECK(ends_with(answer.body, "data: [DONE]\n\n"));
  }
  SECTION("a ping") {
    CHECK(exchange(gateway.port(), stream_to("/v1/messages"))
              .body.rfind("event: ping\ndata: {\"type\":\"ping\"}\n\n", 0) == 0);
  }
  SECTION("none for who did not ask for a stream") {
    const ReceivedAnswer answer = gateway.chat("m");
    CHECK(answer.body.rfind("{", 0) == 0);
  }
}

TEST_CASE("a start that fails before the first sign of life keeps its status", "[loading]") {
  ProcessGateway gateway(
      {with_signs(process_model("m", "--load-ms 5000 --exit-after-ms 300"), 5s)});
  const ReceivedAnswer answer = exchange(gateway.port(), stream_from("m"));
  CHECK(answer.status == 502);
  CHECK(contains(answer.body, "exited with code 1"));
}

TEST_CASE("a model's refusal behind a begun stream becomes an event", "[loading][W-45]") {
  ProcessGateway gateway({telling(process_model("m", "--load-ms 300 --inference 500"))});
  const ReceivedAnswer answer = exchange(gateway.port(), stream_from("m"));
  CHECK(answer.status == 200);
  CHECK(contains(answer.body, "data: {\"error\":"));
  CHECK(ends_with(answer.body, "data: [DONE]\n\n"));
  CHECK(gateway.wait_for_records(1).at(0).status == 500);
}

TEST_CASE("a client that leaves while it reads news takes its ticket along", "[loading]") {
  ProcessGateway gateway(
      {process_model("a", "--tokens 2000 --tokens-per-second 100"), telling(process_model("m"))});
  TestSocket busy = gateway.begun_stream("a");
  TestSocket waiting = gateway.client(stream_from("m"));
  waiting.receive_until("Queue position");
  waiting.close();
  CHECK(gateway.wait_for_records(1).at(0).outcome == Outcome::ClientLeft);
  busy.close();
  CHECK(gateway.unload("a").status == 200);
  CHECK(gateway.history().wait_for("a", ModelState::Stopped));
  CHECK(gateway.history().count("m", ModelState::Starting) == 0);
}

TEST_CASE("news of a load are no part of the answer's measures", "[loading]") {
  ProcessGateway gateway({telling(process_model("m", "--load-ms 300"))});
  const ReceivedAnswer answer = exchange(gateway.port(), stream_from("m"));
  const TrafficRecord record = gateway.wait_for_records(1).at(0);
  CHECK(record.first_byte >= record.model_leased);
  CHECK(record.response_bytes > 0);
  CHECK(record.response_bytes < answer.body.size());
  CHECK(record.usage.output_tokens);
}

TEST_CASE("an application that pulls its answer gets the news too", "[loading]") {
  ProcessGateway gateway({telling(process_model("m", "--load-ms 300"))});
  const std::string body = pulled_stream(gateway);
  CHECK(contains(news_in(body), "loading model: m"));
  CHECK(ends_with(body, "data: [DONE]\n\n"));
}

TEST_CASE("a client that may read an encoded stream gets a plain one behind news", "[loading]") {
  ProcessGateway gateway({telling(process_model("m", "--load-ms 300"))});
  TestSocket client = gateway.client(
      chat_request(R"({"model":"m","messages":[],"stream":true})", "Accept-Encoding: gzip\r\n"));
  const ReceivedAnswer answer = receive_answer(client);
  CHECK(contains(answer.body, "\"content\""));
}

TEST_CASE("signs of life do not hurry the news", "[loading]") {
  ProcessGateway gateway({telling(with_signs(process_model("m", "--load-ms 700"), 20ms))});
  const std::string body = exchange(gateway.port(), stream_from("m")).body;
  std::size_t events = 0;
  for (std::size_t at = body.find("reasoning_content"); at != std::string::npos;
       at = body.find("reasoning_content", at + 1)) {
    ++events;
  }
  CHECK(events <= 4);
  CHECK(!contains(body, "\n: "));
}

TEST_CASE("news of a target that cannot start end before the next one is asked",
          "[loading][selectors]") {
  SelectorConfig selector;
  selector.id = "s";
  selector.strategy = SelectorStrategy::Warm;
  selector.targets = selector.target_names = {"bad", "good"};
  Config config =
      process_config({telling(process_model("bad", "--load-ms 5000 --exit-after-ms 50")),
                      telling(process_model("good", "--load-ms 300"))});
  config.selectors["s"] = selector;
  ProcessGateway gateway(config);
  const ReceivedAnswer answer = exchange(gateway.port(), stream_from("s"));
  const std::string news = news_in(answer.body);
  const std::size_t failed = news.find("Failed after ");
  REQUIRE(failed != std::string::npos);
  CHECK(news.find("loading model: good") > failed);
  CHECK(contains(news.substr(failed), "Done! ("));
  CHECK(ends_with(answer.body, "data: [DONE]\n\n"));
  CHECK(!contains(answer.body, "\"error\""));
}

TEST_CASE("a model that ends before its first event leaves an error event and the end mark",
          "[loading][W-45]") {
  ProcessGateway gateway({telling(process_model("m", "--load-ms 300 --crash-mid-stream 0"))});
  std::string body;
  SECTION("over a connection") {
    const ReceivedAnswer answer = exchange(gateway.port(), stream_from("m"));
    CHECK(answer.complete);
    body = answer.body;
  }
  SECTION("where an application pulls it") {
    body = pulled_stream(gateway);
  }
  CHECK(contains(news_in(body), "\nDone! ("));
  CHECK(contains(body, "data: {\"error\":"));
  CHECK(ends_with(body, "data: [DONE]\n\n"));
  CHECK(gateway.wait_for_records(1).at(0).outcome == Outcome::UpstreamBroke);
}
