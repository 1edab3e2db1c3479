#include "api/stream_dialect.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace llmsnap::api {
namespace {

using Json = nlohmann::ordered_json;

std::string one_line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string data_event(const std::string& json) {
  return fmt::format("data: {}\n\n", json);
}

std::string named_event(std::string_view name, const std::string& json) {
  return fmt::format("event: {}\ndata: {}\n\n", name, json);
}

/// What is written again is written by recursion, on a fiber's stack, and a model's server chooses
/// how deep. Brackets in texts are counted too: an error has no use for so many.
bool is_deep(std::string_view json) {
  constexpr std::ptrdiff_t Deepest = 64;
  std::ptrdiff_t depth = 0;
  return std::any_of(json.begin(), json.end(), [&depth](char c) {
    depth += c == '[' || c == '{' ? 1 : c == ']' || c == '}' ? -1 : 0;
    return depth > Deepest;
  });
}

/// What a server sent, where it is an object that can be written again; else null.
Json shallow_object(const std::string& text) {
  Json parsed = is_deep(text) ? Json() : Json::parse(text, nullptr, false);
  return parsed.is_object() ? parsed : Json();
}

/// An empty line would end a comment's event, and a line feed the comment.
std::string comment(std::string_view text) {
  std::string line(text);
  std::replace_if(
      line.begin(), line.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return fmt::format(": {}\n\n", line);
}

std::string member(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// Its error event for those who read events, and the end of the response for those who put it
/// together.
std::string responses_failure(const std::string& error) {
  const Json parsed = Json::parse(error, nullptr, false);
  const Json inner = parsed.is_object() ? parsed.value("error", Json::object()) : Json::object();
  std::string message = inner.is_object() ? member(inner, "message") : std::string();
  if (message.empty()) {
    message = error;
  }
  std::string code = inner.is_object() ? member(inner, "code") : std::string();
  if (code.empty()) {
    code = "server_error";
  }
  const Json event = {{"type", "error"},
                      {"code", code},
                      {"message", message},
                      {"param", nullptr},
                      {"sequence_number", 0}};
  const Json failed = {{"type", "response.failed"},
                       {"sequence_number", 1},
                       {"response",
                        {{"object", "response"},
                         {"status", "failed"},
                         {"error", {{"code", code}, {"message", message}}},
                         {"output", Json::array()}}}};
  return named_event("error", one_line(event)) + named_event("response.failed", one_line(failed));
}

}  // namespace

bool tells_news(StreamDialect dialect) {
  return dialect == StreamDialect::Chat || dialect == StreamDialect::Responses ||
         dialect == StreamDialect::Messages;
}

std::string news_event(StreamDialect dialect, const StreamIdentity& identity,
                       std::string_view text) {
  if (dialect == StreamDialect::Chat) {
    return data_event(one_line({{"id", identity.id},
                                {"object", "chat.completion.chunk"},
                                {"created", identity.created.time_since_epoch().count()},
                                {"model", identity.model},
                                {"choices", Json::array({{{"index", 0},
                                                          {"delta", {{"reasoning_content", text}}},
                                                          {"finish_reason", nullptr}}})}}));
  }
  if (dialect == StreamDialect::Messages) {
    return named_event("ping", one_line({{"type", "ping"}, {"loading", text}}));
  }
  return comment(text);
}

std::string keep_alive_event(StreamDialect dialect) {
  return dialect == StreamDialect::Messages ? named_event("ping", R"({"type":"ping"})")
                                            : comment("the model is being loaded");
}

std::string failure_events(StreamDialect dialect, const std::string& error) {
  switch (dialect) {
    case StreamDialect::Chat:
    case StreamDialect::Completions:
      return data_event(error) + data_event("[DONE]");
    case StreamDialect::Messages:
      return named_event("error", error) +
             named_event("message_stop", R"({"type":"message_stop"})");
    case StreamDialect::Responses:
      return responses_failure(error);
    case StreamDialect::Plain:
    case StreamDialect::None:
      break;
  }
  return data_event(error);
}

ServersAnswer read_answer(StreamDialect dialect, int status, const std::string& body) {
  const Json parsed = shallow_object(body);
  if (parsed.is_null()) {
    return {};
  }
  const bool is_anthropic = dialect == StreamDialect::Messages;
  const auto error = parsed.find("error");
  const bool is_error =
      error != parsed.end() && (!is_anthropic || member(parsed, "type") == "error");
  const bool is_answer = status == 200 && !is_anthropic && dialect != StreamDialect::Responses;
  ServersAnswer answer;
  if (is_error || is_answer) {
    answer.events = failure_events(dialect, one_line(parsed));
  }
  if (error != parsed.end()) {
    answer.words = error->is_object() ? member(*error, "message") : member(parsed, "error");
  }
  return answer;
}

}  // namespace llmsnap::api
