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

/// Forwarded like them, but no activity: what else the models' servers have.
constexpr Route unmetered(std::string_view path) {
  Route route = inference(path, StreamDialect::Plain);
  route.handler = serve_unmetered;
  return route;
}

constexpr Route by_query(std::string_view path, Handler handler = serve_by_query) {
  return {path,           Match::Exact,         Methods::Get, Role::Infer,
          BodyKind::None, CrossOrigin::Allowed, handler};
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

/// Of the gateway itself, for whoever has a key.
constexpr Route told(std::string_view path, Handler handler) {
  return {path,           Match::Exact,         Methods::Get, Role::Infer,
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

/// On what the path names before the ending.
constexpr Route operation_on(std::string_view path, std::string_view ending, Handler handler) {
  Route route = operation(path, Match::Prefix, Methods::Post, handler);
  route.ending = ending;
  return route;
}

constexpr Route operation_by_body(std::string_view path, Handler handler) {
  Route route = operation(path, Match::Exact, Methods::Post, handler);
  route.body = BodyKind::Json;
  return route;
}

constexpr bool by_path(const Route& a, const Route& b) {
  return a.path < b.path;
}

constexpr auto sorted(auto table) {
  std::sort(table.begin(), table.end(), by_path);
  return table;
}

constexpr auto Table = sorted(std::to_array<Route>({
    open_page("/", go_to_ui),
    open_page("/favicon.ico", show_icon),
    open_page("/health", show_health),
    open_page("/wol-health", show_health),

    listing("/v1/models", Match::Exact, list_models),
    listing("/models", Match::Exact, list_models),
    listing("/v1/models/", Match::Prefix, show_model),

    // As llama.cpp's router has them.
    operation_by_body("/models/load", load_by_body),
    operation_by_body("/models/unload", unload_by_body),
    operation("/models/sse", Match::Exact, Methods::Get, stream_states),

    open_page("/ui", go_into_ui),
    {"/ui/", Match::Subtree, Methods::Get, Role::Open, BodyKind::None, CrossOrigin::Refused,
     show_ui},
    told("/ui/sign-in", go_to_ui),
    told("/api/version", show_version),
    told("/api/openapi.json", show_openapi),

    open_page("/upstream", go_to_ui_models),
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

    operation("/api/metrics", Match::Exact, Methods::Get, show_metrics),
    operation("/api/metrics/activity", Match::Exact, Methods::Get, show_activity),
    operation("/api/metrics/activity/export", Match::Exact, Methods::Get, export_activity),
    operation("/api/metrics/stats", Match::Exact, Methods::Get, show_activity_stats),

    operation("/api/profiles", Match::Exact, Methods::Get, show_profiles),
    {"/api/profiles/active", Match::Exact, Methods::Put, Role::Operate, BodyKind::Json,
     CrossOrigin::Refused, activate_profile},

    administration("/api/config", Methods::Get, show_config),
    administration("/api/config/reload", Methods::Post, reload_config),

    operation("/api/events", Match::Exact, Methods::Get, stream_events),
    operation("/api/inflight", Match::Exact, Methods::Get, list_in_flight),
    operation_on("/api/inflight/", "/cancel", cancel_in_flight),

    operation("/api/captures/", Match::Prefix, Methods::Get, show_capture),
    operation_on("/api/captures/", "/replay", replay_capture),

    operation("/api/performance", Match::Exact, Methods::Get, show_performance),
    operation("/api/hardware", Match::Exact, Methods::Get, show_hardware),

    operation("/logs", Match::Exact, Methods::Get, show_log),
    operation("/logs/stream", Match::Exact, Methods::Get, stream_log),
    operation("/logs/stream/", Match::Prefix, Methods::Get, stream_one_log),

    by_query("/v1/audio/voices"),
    by_query("/sdapi/v1/loras"),
    by_query("/props", show_props),
    by_query("/slots"),
    by_query("/metrics", serve_by_query),
    by_query("/lora-adapters"),
    unmetered("/props"),
    unmetered("/slots"),
    unmetered("/lora-adapters"),

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

constexpr Route UpgradeRoute = {"",           Match::Prefix,  Methods::Get,
                                Role::Infer,  BodyKind::None, CrossOrigin::Refused,
                                serve_upgrade};

constexpr Route UnlistedRoute = {"",
                                 Match::Prefix,
                                 Methods::Post,
                                 Role::Infer,
                                 BodyKind::Json,
                                 CrossOrigin::Refused,
                                 serve_unlisted,
                                 StreamDialect::Plain};

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
      const auto* first = begin;
      while (first != Table.begin() && (first - 1)->path == begin->path) {
        --first;
      }
      return {first, begin + 1};
    }
  }
  return {};
}

/// The one of these rows that the path has; empty: none.
std::string_view ending_of(std::string_view path, std::span<const Route> rows) {
  const auto ends = [path](const Route& route) {
    return !route.ending.empty() && path.substr(route.path.size()).ends_with(route.ending);
  };
  const auto found = std::find_if(rows.begin(), rows.end(), ends);
  return found == rows.end() ? std::string_view() : found->ending;
}

}  // namespace

std::string_view name_of(Role role) {
  switch (role) {
    case Role::Open:
      return "open";
    case Role::Infer:
      return "infer";
    case Role::Operate:
      return "operate";
    case Role::Admin:
      return "admin";
  }
  return "";
}

std::span<const Route> routes() {
  return Table;
}

const Route& own_metrics_route() {
  static constexpr Route OwnMetrics =
      operation("/metrics", Match::Exact, Methods::Get, show_own_metrics);
  return OwnMetrics;
}

const Route& upgrade_route() {
  return UpgradeRoute;
}

const Route& unlisted_route() {
  return UnlistedRoute;
}

RouteMatch find_route(std::string_view method, std::string_view path) {
  RouteMatch match;
  const auto rows = rows_of(path);
  match.same_path = rows.empty() ? nullptr : &rows.front();
  const std::string_view ending = ending_of(path, rows);
  for (const auto& route : rows) {
    if (route.ending != ending) {
      continue;
    }
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
  const auto rows = rows_of(path);
  const std::string_view ending = ending_of(path, rows);
  for (const auto& route : rows) {
    names += route.ending == ending ? names_of(route.methods) : std::string_view();
  }
  return names + "OPTIONS";
}

}  // namespace llmsnap::api
