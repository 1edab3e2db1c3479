#include "process/canary.h"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>
#include <optional>

#include "process/question.h"

namespace llmsnap::process {
namespace {

using Json = nlohmann::json;

/// Requests that end so, whatever stands before (`/v1`, `/v`, nothing), are asked again as this.
struct Kind {
  std::string_view ending;
  Json (*body)();
};

const std::array<Kind, 8> Kinds{{
    {"/chat/completions",
     [] {
       return Json{{"messages", {{{"role", "user"}, {"content", "a"}}}}, {"max_tokens", 1}};
     }},
    {"/completions",
     [] {
       return Json{{"prompt", "a"}, {"max_tokens", 1}};
     }},
    {"/completion",
     [] {
       return Json{{"prompt", "a"}, {"n_predict", 1}};
     }},
    {"/messages",
     [] {
       return Json{{"messages", {{{"role", "user"}, {"content", "a"}}}}, {"max_tokens", 1}};
     }},
    {"/responses",
     [] {
       return Json{{"input", "a"}, {"max_output_tokens", 16}};
     }},
    {"/embeddings",
     [] {
       return Json{{"input", "a"}};
     }},
    {"/rerank",
     [] {
       return Json{{"query", "a"}, {"documents", {"a"}}};
     }},
    {"/reranking",
     [] {
       return Json{{"query", "a"}, {"documents", {"a"}}};
     }},
}};

}  // namespace

Canary canary_for(std::string_view failed, std::string_view name, std::string_view check_endpoint) {
  const std::string_view path = failed.substr(0, failed.find('?'));
  for (const Kind& kind : Kinds) {
    if (path.ends_with(kind.ending)) {
      Json body = kind.body();
      body["model"] = name;
      return {"POST", std::string(path), body.dump(-1, ' ', false, Json::error_handler_t::replace)};
    }
  }
  return {"GET", std::string(check_endpoint == "none" ? "/" : check_endpoint), {}};
}

Result<void> sing(upstream::Pool& pool, const Url& server, const Canary& canary,
                  Deadline deadline) {
  const std::string target = server.base_path + canary.target;
  Url place = server;
  place.base_path.clear();
  Question question(pool, place, deadline);
  const std::optional<Unanswered> silence =
      question.ask({.method = canary.method, .target = target, .json = canary.body});
  if (silence && silence->time_was_up) {
    return {};
  }
  if (silence || counts_as_failure(question.head().status)) {
    return Error{ErrorCode::UpstreamFailed,
                 fmt::format("{} {}: {}", canary.method, target,
                             silence ? silence->seen : question.describe_answer())};
  }
  return {};
}

}  // namespace llmsnap::process
