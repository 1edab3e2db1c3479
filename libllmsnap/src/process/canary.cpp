#include "process/canary.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>

#include "process/question.h"
#include "upstream/failing_status.h"

namespace llmsnap::process {
namespace {

using Json = nlohmann::json;

constexpr std::size_t MostRead = std::size_t{1024} * 1024;

std::chrono::milliseconds deadline_in(Deadline deadline) {
  return std::chrono::ceil<std::chrono::milliseconds>(deadline - SteadyClock::now());
}

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

std::string_view path_of(std::string_view target) {
  return target.substr(0, target.find('?'));
}

}  // namespace

std::size_t kind_of(std::string_view target) {
  const std::string_view path = path_of(target);
  const auto* const found = std::find_if(
      Kinds.begin(), Kinds.end(), [path](const Kind& kind) { return path.ends_with(kind.ending); });
  return found == Kinds.end() ? UnknownKind : static_cast<std::size_t>(found - Kinds.begin());
}

Canary canary_for(std::string_view failed, std::string_view name, std::string_view check_endpoint) {
  if (const std::size_t kind = kind_of(failed); kind != UnknownKind) {
    Json body = Kinds[kind].body();
    body["model"] = name;
    return {"POST", std::string(path_of(failed)),
            body.dump(-1, ' ', false, Json::error_handler_t::replace), false};
  }
  return {"GET", std::string(check_endpoint == "none" ? "/" : check_endpoint), {}, false};
}

Canary health_canary(std::string_view check_endpoint) {
  return {.method = "GET", .target = std::string(check_endpoint), .body = {}, .to_idle = true};
}

Result<void> sing(upstream::Pool& pool, const Server& server, const Canary& canary,
                  Deadline deadline) {
  const std::string target = server.url.base_path + canary.target;
  Server place = server;
  place.url.base_path.clear();
  Question question(pool, place, deadline);
  const auto failed = [&canary, &target](std::string_view why) {
    return Error{ErrorCode::UpstreamFailed, fmt::format("{} {}: {}", canary.method, target, why)};
  };
  const std::optional<Unanswered> silence =
      question.ask({.method = canary.method, .target = target, .json = canary.body});
  if (silence) {
    return silence->time_was_up && !canary.to_idle ? Result<void>() : failed(silence->seen);
  }
  constexpr int NotNow = 503;
  const int status = question.head().status;
  if (upstream::counts_as_failure(status) || (canary.to_idle && status == NotNow)) {
    return failed(question.describe_answer());
  }
  const bool whole =
      question.read_body(MostRead, deadline_in(deadline)).size() >= MostRead || question.finished();
  return whole || SteadyClock::now() >= deadline ? Result<void>() : failed("the answer broke off");
}

}  // namespace llmsnap::process
