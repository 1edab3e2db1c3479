#include "api/error_reply.h"

#include <nlohmann/json.hpp>

#include "catch.h"

namespace llmsnap::api {
namespace {

using nlohmann::json;

std::string text_of(Answer& answer) {
  const auto piece = answer.body->pull();
  return std::string(*piece);
}

std::string_view field(const Answer& answer, std::string_view name) {
  const auto* found = wire::find_field(answer.fields, name);
  return found == nullptr ? std::string_view() : found->value;
}

TEST_CASE("an error is told in OpenAI's envelope", "[api]") {
  struct Row {
    ErrorCode code;
    int status;
    std::string type;
    std::string name;
  };
  const auto row =
      GENERATE(Row{ErrorCode::BadRequest, 400, "invalid_request_error", "bad_request"},
               Row{ErrorCode::Unauthorized, 401, "authentication_error", "unauthorized"},
               Row{ErrorCode::Forbidden, 403, "authentication_error", "forbidden"},
               Row{ErrorCode::NotFound, 404, "invalid_request_error", "not_found"},
               Row{ErrorCode::Conflict, 409, "invalid_request_error", "conflict"},
               Row{ErrorCode::BodyTooLarge, 413, "invalid_request_error", "invalid_request"},
               Row{ErrorCode::MisdirectedRequest, 421, "invalid_request_error", "invalid_request"},
               Row{ErrorCode::TooManyRequests, 429, "rate_limit_error", "rate_limit_exceeded"},
               Row{ErrorCode::ConcurrencyLimit, 429, "rate_limit_error", "concurrency_limit"},
               Row{ErrorCode::Internal, 500, "server_error", "internal_error"},
               Row{ErrorCode::UpstreamFailed, 502, "server_error", "bad_gateway"},
               Row{ErrorCode::Unavailable, 503, "server_error", "service_unavailable"},
               Row{ErrorCode::ShuttingDown, 503, "server_error", "service_unavailable"},
               Row{ErrorCode::UpstreamTimeout, 504, "server_error", "gateway_timeout"},
               Row{ErrorCode::StorageFull, 507, "server_error", "internal_error"});
  auto answer = error_answer({row.code, "why"}, "/v1/chat/completions", "");
  CHECK(answer.status == row.status);
  CHECK(field(answer, "Content-Type") == "application/json");
  CHECK(field(answer, "Retry-After").empty() == (row.status != 429 && row.status != 503));
  CHECK(field(answer, "WWW-Authenticate") == (row.status == 401 ? "Basic realm=\"llmsnapd\"" : ""));
  const auto text = text_of(answer);
  CHECK(answer.length == text.size());
  CHECK(json::parse(text) ==
        json({{"error",
               {{"message", "why"}, {"type", row.type}, {"param", nullptr}, {"code", row.name}}}}));
}

TEST_CASE("who may try again is told when, as far as the error knows", "[api]") {
  using std::chrono::seconds;
  const ErrorCode code =
      GENERATE(ErrorCode::Unavailable, ErrorCode::TooManyRequests, ErrorCode::ConcurrencyLimit);
  CHECK(field(error_answer({code, "why", seconds(17)}, "/", ""), "Retry-After") == "17");
  CHECK(field(error_answer({code, "why"}, "/", ""), "Retry-After") == "1");
  CHECK(field(error_answer({ErrorCode::UpstreamFailed, "why", seconds(17)}, "/", ""), "Retry-After")
            .empty());
}

TEST_CASE("the messages routes are answered in Anthropic's envelope", "[api]") {
  const std::string path = GENERATE("/v1/messages", "/v1/messages/count_tokens", "/v/messages");
  auto answer = error_answer({ErrorCode::NotFound, "why"}, path, "", "id-1");
  CHECK(json::parse(text_of(answer)) ==
        json({{"type", "error"},
              {"error", {{"type", "not_found_error"}, {"message", "why"}}},
              {"request_id", "id-1"}}));
}

TEST_CASE("text and HTML are given to who asks for them and not for JSON", "[api]") {
  struct Row {
    std::string accept;
    std::string content_type;
  };
  const auto row =
      GENERATE(Row{"text/plain", "text/plain; charset=utf-8"},
               Row{"Text/Plain;q=1", "text/plain; charset=utf-8"},
               Row{"text/html,application/xhtml+xml,*/*;q=0.8", "text/html; charset=utf-8"},
               Row{"application/json, text/plain, */*", "application/json"},
               Row{"*/*", "application/json"}, Row{"", "application/json"});
  CHECK(field(error_answer({ErrorCode::NotFound, "why"}, "/x", row.accept), "Content-Type") ==
        row.content_type);
}

TEST_CASE("an error page shows markup as text", "[api]") {
  auto answer =
      error_answer({ErrorCode::NotFound, "<img src=\"x\" onerror='y'>&"}, "/", "text/html");
  const auto page = text_of(answer);
  CHECK(page.find("<img") == std::string::npos);
  CHECK(page.find("&lt;img src=&quot;x&quot; onerror=&#39;y&#39;&gt;&amp;") != std::string::npos);
}

TEST_CASE("a message that is not UTF-8 still gives valid JSON", "[api]") {
  auto answer = error_answer({ErrorCode::NotFound, "\xff\xfe\"\n"}, "/", "");
  CHECK(json::accept(text_of(answer)));
}

}  // namespace
}  // namespace llmsnap::api
