#include "api/route_table.h"

#include <algorithm>
#include <array>

#include "api/handlers.h"

namespace llmsnap::api {
namespace {

constexpr Route inference(std::string_view path, StreamDialect dialect = StreamDialect::None,
                          std::string_view stripped = {}) {
  return {path,           Match::Exact,         Methods::Post,   Role::Infer,
          BodyKind::Json, CrossOrigin::Allowed, serve_inference, dialect,
          stripped};
}

constexpr Route form(std::string_view path) {
  return {path,        Match::Exact,        Methods::Post,
          Role::Infer, BodyKind::Spooled,   CrossOrigin::Allowed,
          serve_form,  StreamDialect::Plain};
}

constexpr Route listing(std::string_view path, Match match, Handler handler) {
  return {path, match, Methods::Get, Role::Infer, BodyKind::None, CrossOrigin::Allowed, handler};
}

constexpr Route open_page(std::string_view path, Handler handler) {
  return {path,           Match::Exact,         Methods::Get, Role::Open,
          BodyKind::None, CrossOrigin::Refused, handler};
}

constexpr Route passthrough(std::string_view path, Match match, Handler handler) {
  return {path, match, Methods::Any, Role::Infer, BodyKind::Spooled, CrossOrigin::Allowed, handler};
}

constexpr Route administration(std::string_view path, Methods methods, Handler handler) {
  return {path, Match::Exact, methods, Role::Admin, BodyKind::None, CrossOrigin::Refused, handler};
}

constexpr Route operation(std::string_view path, Match match, Methods methods, Handler handler) {
  return {path, match, methods, Role::Operate, BodyKind::None, CrossOrigin::Refused, handler};
}

constexpr bool by_path(const Route& a, const Route& b) {
  return a.path < b.path;
}

constexpr auto sorted(auto table) {
  std::sort(table.begin(), table.end(), by_path);
  return table;
}

constexpr auto Table = sorted(std::to_array<Route>({
    open_page("/", show_welcome),
    open_page("/health", show_health),
    open_page("/wol-health", show_health),

    listing("/v1/models", Match::Exact, list_models),
    listing("/models", Match::Exact, list_models),
    listing("/v1/models/", Match::Prefix, show_model),

    open_page("/upstream", show_passthrough_usage),
    passthrough("/upstream/", Match::Prefix, serve_passthrough),

    passthrough("/comfyui", Match::Exact, serve_comfyui),
    passthrough("/comfyui/", Match::Subtree, serve_comfyui),

    operation("/running", Match::Exact, Methods::Get, show_running),
    operation("/unload", Match::Exact, Methods::Get, unload_for_scripts),
    operation("/api/models/unload", Match::Exact, Methods::Post, unload_models),
    operation("/api/models/unload/", Match::Prefix, Methods::Post, unload_model),
    operation("/api/models/load/", Match::Prefix, Methods::Post, load_model),
    operation("/api/models/sleep/", Match::Prefix, Methods::Post, sleep_model),
    // Of one that does not sleep: whoever wakes it wants it ready.
    operation("/api/models/wake/", Match::Prefix, Methods::Post, load_model),
    operation("/api/scheduler/decisions", Match::Exact, Methods::Get, show_decisions),

    operation("/api/profiles", Match::Exact, Methods::Get, show_profiles),
    {"/api/profiles/active", Match::Exact, Methods::Put, Role::Operate, BodyKind::Json,
     CrossOrigin::Refused, activate_profile},

    administration("/api/config", Methods::Get, show_config),
    administration("/api/config/reload", Methods::Post, reload_config),

    operation("/api/performance", Match::Exact, Methods::Get, show_performance),
    operation("/api/hardware", Match::Exact, Methods::Get, show_hardware),
    operation("/metrics", Match::Exact, Methods::Get, show_machine_metrics),

    operation("/logs", Match::Exact, Methods::Get, show_log),
    operation("/logs/stream", Match::Exact, Methods::Get, stream_log),
    operation("/logs/stream/", Match::Prefix, Methods::Get, stream_one_log),

    inference("/v1/chat/completions", StreamDialect::Chat),
    inference("/v1/responses", StreamDialect::Responses),
    inference("/v1/completions", StreamDialect::Completions),
    inference("/v1/messages", StreamDialect::Messages),
    inference("/v1/messages/count_tokens"),
    inference("/v1/embeddings"),
    inference("/v1/rerank"),
    inference("/v1/reranking"),
    inference("/rerank"),
    inference("/reranking"),
    inference("/infill", StreamDialect::Plain),
    inference("/completion", StreamDialect::Plain),
    form("/v1/audio/transcriptions"),
    form("/v1/images/edits"),
    inference("/v1/audio/speech"),
    inference("/v1/audio/voices"),
    inference("/v1/images/generations", StreamDialect::Plain),
    inference("/sdapi/v1/txt2img"),
    inference("/sdapi/v1/img2img"),
    inference("/audioapi/v1/tasks/run", StreamDialect::None, "/audioapi"),

    // For servers that have no /v1 before their paths.
    inference("/v/chat/completions", StreamDialect::Chat, "/v"),
    inference("/v/responses", StreamDialect::Responses, "/v"),
    inference("/v/completions", StreamDialect::Completions, "/v"),
    inference("/v/messages", StreamDialect::Messages, "/v"),
    inference("/v/messages/count_tokens", StreamDialect::None, "/v"),
    inference("/v/embeddings", StreamDialect::None, "/v"),
    inference("/v/rerank", StreamDialect::None, "/v"),
    inference("/v/reranking", StreamDialect::None, "/v"),
}));

bool answers(Methods methods, std::string_view method) {
  switch (methods) {
    case Methods::Get:
      return method == "GET" || method == "HEAD";
    case Methods::Post:
      return method == "POST";
    case Methods::Put:
      return method == "PUT";
    case Methods::Any:
      return method != "OPTIONS" && method != "CONNECT" && method != "TRACE";
  }
  return false;
}

std::string_view names_of(Methods methods) {
  switch (methods) {
    case Methods::Get:
      return "GET, HEAD, ";
    case Methods::Post:
      return "POST, ";
    case Methods::Put:
      return "PUT, ";
    case Methods::Any:
      return "GET, HEAD, POST, PUT, PATCH, DELETE, ";
  }
  return {};
}

bool is_within(const Route& route, std::string_view path) {
  switch (route.match) {
    case Match::Exact:
      return false;
    case Match::Prefix:
      return path.size() > route.path.size() && path.starts_with(route.path);
    case Match::Subtree:
      return path.starts_with(route.path);
  }
  return false;
}

// The rows of that path: those that name it, else those that name its longest start.
std::span<const Route> rows_of(std::string_view path) {
  const auto before = [](const Route& route, std::string_view wanted) {
    return route.path < wanted;
  };
  const auto* begin = std::lower_bound(Table.begin(), Table.end(), path, before);
  if (begin != Table.end() && begin->match == Match::Subtree && begin->path == path) {
    return {begin, 1};
  }
  const auto* end = begin;
  while (end != Table.end() && end->path == path && end->match == Match::Exact) {
    ++end;
  }
  if (begin != end) {
    return {begin, end};
  }
  // Every row whose path starts this one is before `begin`, the longest last.
  while (begin != Table.begin()) {
    --begin;
    if (is_within(*begin, path)) {
      return {begin, 1};
    }
  }
  return {};
}

}  // namespace

std::span<const Route> routes() {
  return Table;
}

RouteMatch find_route(std::string_view method, std::string_view path) {
  RouteMatch match;
  for (const auto& route : rows_of(path)) {
    match.same_path = &route;
    if (answers(route.methods, method)) {
      match.route = &route;
      return match;
    }
  }
  return match;
}

std::string allowed_methods(std::string_view path) {
  std::string names;
  for (const auto& route : rows_of(path)) {
    names += names_of(route.methods);
  }
  return names + "OPTIONS";
}

}  // namespace llmsnap::api
