#include "api/stream_dialect.h"

#include <nlohmann/json.hpp>

#include "catch.h"

namespace llmsnap::api {
namespace {

const StreamIdentity Identity{"chatcmpl-1", std::chrono::sys_seconds(std::chrono::seconds(7)), "m"};
const std::string OpenAiError =
    R"({"error":{"message":"no","type":"server_error","param":null,"code":"bad_gateway"}})";

TEST_CASE("a chat's news are reasoning", "[loading]") {
  CHECK(
      news_event(StreamDialect::Chat, Identity, "a\n\xff") ==
      "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":7,"
      "\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"reasoning_content\":\"a\\n\uFFFD\"},"
      "\"finish_reason\":null}]}\n\n");
}

TEST_CASE("elsewhere news are what every client ignores", "[loading]") {
  CHECK(news_event(StreamDialect::Messages, Identity, "a") ==
        "event: ping\ndata: {\"type\":\"ping\",\"loading\":\"a\"}\n\n");
  CHECK(news_event(StreamDialect::Responses, Identity, "a\nb\r\n") == ": a b  \n\n");
}

TEST_CASE("signs of life are a comment, or a ping", "[loading]") {
  CHECK(keep_alive_event(StreamDialect::Messages) == "event: ping\ndata: {\"type\":\"ping\"}\n\n");
  const auto dialect = GENERATE(StreamDialect::Chat, StreamDialect::Completions,
                                StreamDialect::Responses, StreamDialect::Plain);
  CHECK(keep_alive_event(dialect) == ": the model is being loaded\n\n");
}

TEST_CASE("each dialect tells an error and its end in its own way", "[loading]") {
  CHECK(failure_events(StreamDialect::Chat, OpenAiError) ==
        "data: " + OpenAiError + "\n\ndata: [DONE]\n\n");
  CHECK(failure_events(StreamDialect::Plain, OpenAiError) == "data: " + OpenAiError + "\n\n");
  CHECK(failure_events(StreamDialect::Messages, "{}") ==
        "event: error\ndata: {}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n");
  CHECK(failure_events(StreamDialect::Responses, OpenAiError) ==
        "event: error\ndata: {\"type\":\"error\",\"code\":\"bad_gateway\",\"message\":\"no\","
        "\"param\":null,\"sequence_number\":0}\n\n"
        "event: response.failed\ndata: {\"type\":\"response.failed\",\"sequence_number\":1,"
        "\"response\":{\"object\":\"response\",\"status\":\"failed\",\"error\":{\"code\":"
        "\"bad_gateway\",\"message\":\"no\"},\"output\":[]}}\n\n");
}

TEST_CASE("what a server says instead of a stream is told if it is of the dialect, in one line",
          "[loading]") {
  CHECK(read_answer(StreamDialect::Plain, 500, "{\n \"error\": 1}").events ==
        "data: {\"error\":1}\n\n");
  CHECK(read_answer(StreamDialect::Chat, 200, "{\"choices\": []}").events ==
        "data: {\"choices\":[]}\n\ndata: [DONE]\n\n");
  CHECK(read_answer(StreamDialect::Chat, 500, "{\"choices\": []}").events.empty());
  CHECK(read_answer(StreamDialect::Messages, 200, "{\"content\": []}").events.empty());
  CHECK(read_answer(StreamDialect::Messages, 500, OpenAiError).events.empty());
  CHECK(read_answer(StreamDialect::Responses, 200, "{\"output\": []}").events.empty());
  CHECK(read_answer(StreamDialect::Chat, 502, "<html>").events.empty());
  CHECK(read_answer(StreamDialect::Chat, 502, "").events.empty());
  const std::string deep = std::string(4'000, '[') + std::string(4'000, ']');
  CHECK(read_answer(StreamDialect::Chat, 500, "{\"error\":" + deep + "}").events.empty());
  const auto odd = GENERATE(std::string("{\"error\":\"text\"}"), std::string("{\"error\":{}}"),
                            std::string("{\"error\":{\"code\":5}}"));
  const std::string told = read_answer(StreamDialect::Responses, 500, odd).events;
  CHECK(told.find("response.failed") != std::string::npos);
  CHECK(told.find("\"message\":\"\"") == std::string::npos);
}

std::string words_of(const std::string& body) {
  return read_answer(StreamDialect::Responses, 500, body).words;
}

TEST_CASE("the words of an error are found in every dialect", "[loading]") {
  CHECK(words_of(OpenAiError) == "no");
  CHECK(words_of("{\"error\":\"text\"}") == "text");
  CHECK(words_of("{\"type\":\"error\",\"error\":{\"message\":\"m\"}}") == "m");
  CHECK(words_of("{}").empty());
  CHECK(words_of("<html>").empty());
}

}  // namespace
}  // namespace llmsnap::api
