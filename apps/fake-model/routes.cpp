#include "routes.h"

#include <fmt/format.h>

#include <array>
#include <iterator>
#include <optional>
#include <utility>

#include "completions.h"
#include "ending.h"
#include "json_scan.h"
#include "recording.h"

namespace fake_model {
namespace {

Answer json(std::string body) {
  Answer answer;
  answer.body = std::move(body);
  return answer;
}

// Its client gives up first.
Answer never() {
  Answer answer;
  answer.delay = std::chrono::hours(1000);
  return answer;
}

// Nothing: all is well.
std::optional<Answer> fault_of(Reply reply) {
  switch (reply) {
    case Reply::Fail:
      return error_answer(500, "server_error", "the model cannot do that");
    case Reply::Hang:
      return never();
    case Reply::Ok:
      break;
  }
  return std::nullopt;
}

}  // namespace

struct Routes::Route {
  std::string_view method;  // empty = any
  std::string_view path;
  Answer (Routes::*answer)(const Request&);
  bool only_with_sleep = false;

  bool is_at(std::string_view asked) const {
    return asked == path || (path == "/echo" && asked.starts_with("/echo/"));
  }
  bool takes(std::string_view asked) const {
    return method.empty() || asked == method || (asked == "HEAD" && method == "GET");
  }
};

Answer Routes::answer(const Request& request) {
  static constexpr std::array<Route, 13> Table = {{
      {"GET", "/health", &Routes::health},
      {"GET", "/v1/models", &Routes::models},
      {"GET", "/props", &Routes::props},
      {"GET", "/slots", &Routes::slots},
      {"POST", "/v1/chat/completions", &Routes::infer<chat_completions>},
      {"POST", "/v1/completions", &Routes::infer<completions>},
      {"POST", "/v1/messages", &Routes::infer<messages>},
      {"POST", "/v1/embeddings", &Routes::infer<embeddings>},
      {"POST", "/sleep", &Routes::sleep, true},
      {"POST", "/wake_up", &Routes::wake_up, true},
      {"GET", "/is_sleeping", &Routes::is_sleeping, true},
      {"", "/echo", &Routes::echo},
      {"GET", "/socket", &Routes::socket},
  }};
  if (std::chrono::steady_clock::now() < model_.ready_at && request.path() != "/echo") {
    // llama.cpp's server listens while it loads, and says so on every route.
    return error_answer(503, "unavailable_error", "Loading model");
  }
  if (behaviour_.recording && request.method == "POST" &&
      request.path() == behaviour_.recording->path) {
    return guarded([](const Model&, const Request&) { return Answer(); }, request);
  }
  bool known_path = false;
  for (const Route& route : Table) {
    if (!route.is_at(request.path()) || (route.only_with_sleep && !behaviour_.sleep_endpoints)) {
      continue;
    }
    known_path = true;
    if (route.takes(request.method)) {
      return (this->*route.answer)(request);
    }
  }
  return known_path ? error_answer(405, "invalid_request_error", "method not allowed")
                    : error_answer(404, "not_found_error", "no such route");
}

Answer Routes::health(const Request&) {
  const bool fails_by_now = std::chrono::steady_clock::now() >= behaviour_.health_fails_at;
  switch (fails_by_now ? Reply::Fail : behaviour_.health) {
    case Reply::Ok:
      break;
    case Reply::Fail:
      return error_answer(503, "unavailable_error", "the model is not well");
    case Reply::Hang:
      return never();
  }
  return json(R"({"status":"ok"})");
}

Answer Routes::models(const Request&) {
  return json(fmt::format(R"({{"object":"list","data":[{{"id":{},"object":"model","created":0,)"
                          R"("owned_by":"fake-model"}}]}})",
                          json_quote(model_.name)));
}

// The part of llama.cpp's answer that says something about a model that computes nothing.
Answer Routes::props(const Request&) {
  return json(fmt::format(
      R"({{"default_generation_settings":{{"n_ctx":4096}},"total_slots":{},"model_alias":{},)"
      R"("model_path":"","build_info":"fake-model","is_sleeping":{}}})",
      slots_.count(), json_quote(model_.name), sleep_state_.asleep()));
}

Answer Routes::slots(const Request&) {
  return json(slots_.as_json());
}

// What reached the model, as it reached it.
Answer Routes::echo(const Request& request) {
  Answer answer;
  auto to = std::back_inserter(answer.body);
  fmt::format_to(to, R"({{"method":{},"target":{},"headers":[)", json_quote(request.method),
                 json_quote(request.target));
  const char* separator = "";
  for (const Field& field : request.fields) {
    fmt::format_to(to, "{}[{},{}]", separator, json_quote(field.name), json_quote(field.value));
    separator = ",";
  }
  fmt::format_to(to, "],\"body_length\":{},\"body\":{}}}\n", request.body.size(),
                 json_quote(request.body));
  return answer;
}

// Switches, says hello in no protocol at all, and stays until one side goes.
Answer Routes::socket(const Request& request) {
  if (!request.field("upgrade")) {
    return error_answer(400, "invalid_request_error", "not an upgrade");
  }
  Answer answer;
  answer.status = 101;
  answer.interval = std::chrono::hours(1000);
  answer.next_piece = [](std::string& piece) {
    piece = "hello\n";
    return true;
  };
  return answer;
}

Answer Routes::guarded(Inference generate, const Request& request) {
  if (++inference_requests_ == behaviour_.crash_after) {
    crash();
  }
  if (sleep_state_.asleep()) {
    return error_answer(503, "unavailable_error", "the model is asleep");
  }
  const bool broken = behaviour_.fail_after && inference_requests_ > *behaviour_.fail_after;
  if (broken || behaviour_.inference == Reply::Fail) {
    return error_answer(500, "server_error", "CUDA error: an illegal memory access");
  }
  Answer answer = behaviour_.inference == Reply::Hang ? never()
                  : behaviour_.recording              ? played(behaviour_.recording)
                                                      : generate(model_, request);
  answer.in_work = slots_.take();
  answer.crashes_after = behaviour_.crash_mid_stream;
  return answer;
}

Answer Routes::sleep(const Request&) {
  return change_sleep(true);
}

Answer Routes::wake_up(const Request&) {
  return change_sleep(false);
}

Answer Routes::change_sleep(bool asleep) {
  if (auto fault = fault_of(behaviour_.sleep)) {
    return std::move(*fault);
  }
  // vLLM answers when it is done, with an empty body.
  sleep_state_.change(asleep || behaviour_.sleeps_on, behaviour_.sleep_time);
  Answer answer;
  answer.delay = behaviour_.sleep_time;
  return answer;
}

Answer Routes::is_sleeping(const Request&) {
  if (auto fault = fault_of(behaviour_.is_sleeping)) {
    return std::move(*fault);
  }
  return json(fmt::format(R"({{"is_sleeping":{}}})", sleep_state_.asleep()));
}

}  // namespace fake_model
