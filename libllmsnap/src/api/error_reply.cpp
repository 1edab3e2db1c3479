#include "api/error_reply.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "api/html_text.h"
#include "api/text_body.h"
#include "base/ascii.h"

namespace llmsnap::api {
namespace {

using Json = nlohmann::ordered_json;

struct Kind {
  int status;
  std::string_view type;
  std::string_view code;
};

Kind openai_kind(int status) {
  constexpr Kind Kinds[] = {
      {400, "invalid_request_error", "bad_request"},
      {401, "authentication_error", "unauthorized"},
      {403, "authentication_error", "forbidden"},
      {404, "invalid_request_error", "not_found"},
      {409, "invalid_request_error", "conflict"},
      {429, "rate_limit_error", "rate_limit_exceeded"},
      {499, "server_error", "cancelled"},
      {501, "invalid_request_error", "not_implemented"},
      {502, "server_error", "bad_gateway"},
      {503, "server_error", "service_unavailable"},
      {504, "server_error", "gateway_timeout"},
      {505, "invalid_request_error", "version_not_supported"},
  };
  const auto* found = std::find_if(std::begin(Kinds), std::end(Kinds),
                                   [status](const Kind& kind) { return kind.status == status; });
  if (found != std::end(Kinds)) {
    return *found;
  }
  return status < 500 ? Kind{status, "invalid_request_error", "invalid_request"}
                      : Kind{status, "server_error", "internal_error"};
}

std::string_view anthropic_type(int status) {
  switch (status) {
    case 401:
      return "authentication_error";
    case 403:
      return "permission_error";
    case 404:
      return "not_found_error";
    case 413:
      return "request_too_large";
    case 429:
      return "rate_limit_error";
    case 503:
      return "overloaded_error";
    case 504:
      return "timeout_error";
    default:
      return status < 500 ? "invalid_request_error" : "api_error";
  }
}

bool is_anthropic(std::string_view path) {
  return path.starts_with("/v1/messages") || path.starts_with("/v/messages");
}

// Messages quote clients and upstreams, who may send what is not UTF-8.
std::string dumped(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string openai_body(int status, std::string_view message) {
  const auto kind = openai_kind(status);
  return dumped(
      {{"error",
        {{"message", message}, {"type", kind.type}, {"param", nullptr}, {"code", kind.code}}}});
}

std::string anthropic_body(int status, std::string_view message, std::string_view request_id) {
  Json body = {{"type", "error"},
               {"error", {{"type", anthropic_type(status)}, {"message", message}}}};
  if (!request_id.empty()) {
    body["request_id"] = request_id;
  }
  return dumped(body);
}

std::string html_body(int status, std::string_view message) {
  return fmt::format(
      "<!DOCTYPE html>\n<html><head><title>llmsnap: {}</title></head>"
      "<body><h1>llmsnap</h1><p>{}</p></body></html>\n",
      status, html_escaped(message));
}

// What the error's maker computed: the drain budget that is left of a shutdown, how soon the budget
// of request bodies has room, what a rule said. Where nobody can know, as for a connection too
// many, whose place is free as soon as any other ends, a second keeps clients from spinning.
std::chrono::seconds::rep retry_seconds(const Error& error) {
  return std::max<std::chrono::seconds::rep>(1, error.retry_after.count());
}

}  // namespace

int error_status(ErrorCode code) {
  switch (code) {
    case ErrorCode::BadRequest:
      return 400;
    case ErrorCode::Unauthorized:
      return 401;
    case ErrorCode::Forbidden:
      return 403;
    case ErrorCode::NotFound:
      return 404;
    case ErrorCode::MethodNotAllowed:
      return 405;
    case ErrorCode::RequestTimeout:
      return 408;
    case ErrorCode::Conflict:
      return 409;
    case ErrorCode::LengthRequired:
      return 411;
    case ErrorCode::BodyTooLarge:
      return 413;
    case ErrorCode::TargetTooLong:
      return 414;
    case ErrorCode::ExpectationFailed:
      return 417;
    case ErrorCode::MisdirectedRequest:
      return 421;
    case ErrorCode::TooManyRequests:
      return 429;
    case ErrorCode::HeadTooLarge:
      return 431;
    case ErrorCode::ClientLeft:
    case ErrorCode::Cancelled:
      return 499;
    case ErrorCode::InvalidConfig:
    case ErrorCode::System:
    case ErrorCode::Internal:
      return 500;
    case ErrorCode::NotImplemented:
      return 501;
    case ErrorCode::UpstreamFailed:
      return 502;
    case ErrorCode::Unavailable:
    case ErrorCode::Superseded:
    case ErrorCode::ShuttingDown:
      return 503;
    case ErrorCode::UpstreamTimeout:
      return 504;
    case ErrorCode::VersionNotSupported:
      return 505;
    case ErrorCode::StorageFull:
      return 507;
    case ErrorCode::LoopDetected:
      return 508;
  }
  return 500;
}

std::string error_json(const Error& error, std::string_view path, std::string_view request_id) {
  const int status = error_status(error.code);
  return is_anthropic(path) ? anthropic_body(status, error.message, request_id)
                            : openai_body(status, error.message);
}

Answer error_answer(const Error& error, std::string_view path, std::string_view accept,
                    std::string_view request_id) {
  const int status = error_status(error.code);
  Answer answer;
  // Many JSON clients list text/plain behind application/json; they want JSON.
  const bool wants_json = ascii::contains_ignoring_case(accept, "application/json");
  if (!wants_json && ascii::contains_ignoring_case(accept, "text/plain")) {
    answer = text_answer(status, PlainText, fmt::format("llmsnap: {}\n", error.message));
  } else if (!wants_json && ascii::contains_ignoring_case(accept, "text/html")) {
    answer = text_answer(status, HtmlText, html_body(status, error.message));
  } else {
    answer = text_answer(status, JsonText, error_json(error, path, request_id) + '\n');
  }
  if (status == 401) {
    answer.fields.push_back({"WWW-Authenticate", "Basic realm=\"llmsnapd\""});
  }
  if (status == 429 || status == 503) {
    answer.add("Retry-After", std::to_string(retry_seconds(error)));
  }
  return answer;
}

}  // namespace llmsnap::api
