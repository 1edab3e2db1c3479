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
  CHECK(refusal_events(StreamDialect::Plain, 500, "{\n \"error\": 1}") ==
        "data: {\"error\":1}\n\n");
  CHECK(refusal_events(StreamDialect::Chat, 200, "{\"choices\": []}") ==
        "data: {\"choices\":[]}\n\ndata: [DONE]\n\n");
  CHECK(refusal_events(StreamDialect::Chat, 500, "{\"choices\": []}").empty());
  CHECK(refusal_events(StreamDialect::Messages, 200, "{\"content\": []}").empty());
  CHECK(refusal_events(StreamDialect::Messages, 500, OpenAiError).empty());
  CHECK(refusal_events(StreamDialect::Responses, 200, "{\"output\": []}").empty());
  CHECK(refusal_events(StreamDialect::Chat, 502, "<html>").empty());
  CHECK(refusal_events(StreamDialect::Chat, 502, "").empty());
  const std::string deep = std::string(4'000, '[') + std::string(4'000, ']');
  CHECK(refusal_events(StreamDialect::Chat, 500, "{\"error\":" + deep + "}").empty());
  const auto odd = GENERATE(std::string("{\"error\":\"text\"}"), std::string("{\"error\":{}}"),
                            std::string("{\"error\":{\"code\":5}}"));
  const std::string told = refusal_events(StreamDialect::Responses, 500, odd);
  CHECK(told.find("response.failed") != std::string::npos);
  CHECK(told.find("\"message\":\"\"") == std::string::npos);
}

TEST_CASE("the words of an error are found in every dialect", "[loading]") {
  CHECK(error_words(OpenAiError) == "no");
  CHECK(error_words("{\"error\":\"text\"}") == "text");
  CHECK(error_words("{\"type\":\"error\",\"error\":{\"message\":\"m\"}}") == "m");
  CHECK(error_words("{}").empty());
  CHECK(error_words("<html>").empty());
}

}  // namespace
}  // namespace llmsnap::api
