#include "routes.h"

#include <fmt/format.h>

#include <array>
#include <iterator>

#include "completions.h"
#include "json_scan.h"

namespace fake_model {
namespace {

Answer health(const Model&, const Request&) {
  Answer answer;
  answer.body = R"({"status":"ok"})";
  return answer;
}

Answer models(const Model& model, const Request&) {
  Answer answer;
  answer.body = fmt::format(R"({{"object":"list","data":[{{"id":{},"object":"model","created":0,)"
                            R"("owned_by":"fake-model"}}]}})",
                            json_quote(model.name));
  return answer;
}

// What reached the model, as it reached it.
Answer echo(const Model&, const Request& request) {
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

struct Route {
  std::string_view method;  // empty = any
  std::string_view path;
  Answer (*answer)(const Model&, const Request&);
};

constexpr std::array<Route, 7> Routes = {{
    {"GET", "/health", health},
    {"GET", "/v1/models", models},
    {"POST", "/v1/chat/completions", chat_completions},
    {"POST", "/v1/completions", completions},
    {"POST", "/v1/messages", messages},
    {"POST", "/v1/embeddings", embeddings},
    {"", "/echo", echo},
}};

}  // namespace

Answer route(const Model& model, const Request& request) {
  if (std::chrono::steady_clock::now() < model.ready_at && request.path() != "/echo") {
    // llama.cpp's server listens while it loads, and says so on every route.
    return error_answer(503, "unavailable_error", "Loading model");
  }
  bool known_path = false;
  for (const Route& route : Routes) {
    if (request.path() != route.path &&
        !(route.answer == echo && request.path().starts_with("/echo/"))) {
      continue;
    }
    known_path = true;
    const bool head_of_get = request.method == "HEAD" && route.method == "GET";
    if (route.method.empty() || request.method == route.method || head_of_get) {
      return route.answer(model, request);
    }
  }
  return known_path ? error_answer(405, "invalid_request_error", "method not allowed")
                    : error_answer(404, "not_found_error", "no such route");
}

}  // namespace fake_model
