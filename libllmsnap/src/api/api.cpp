#include "api/api.h"

#include <fmt/format.h>

#include "api/call.h"
#include "api/caller_rules.h"
#include "api/cors.h"
#include "api/error_reply.h"
#include "api/outcome_of_break.h"
#include "api/pass_through.h"
#include "api/request_body.h"
#include "api/route_table.h"
#include "api/security_fields.h"
#include "api/stream_dialect.h"
#include "api/text_body.h"
#include "log/log.h"
#include "route/query_model.h"

namespace llmsnap::api {
namespace {

// Records wait in a queue and are remembered: what a client puts into them is bounded.
constexpr std::size_t RecordedUserAgent = 256;
constexpr std::size_t RecordedSession = 256;

std::string_view session_of(const wire::RequestHead& head, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (const auto session = wire::value_of(head.fields, name); !session.empty()) {
      return session.substr(0, RecordedSession);
    }
  }
  return {};
}

// A path is up to limits.target long; a message shows enough of it to recognise it.
std::string_view shown(std::string_view path) {
  return path.substr(0, 200);
}

// A client that meant another server, or announced no body, may have sent more than we know of.
bool leaves_doubt_about_connection(ErrorCode code) {
  return code == ErrorCode::MisdirectedRequest || code == ErrorCode::LengthRequired;
}

/// A socket that a model's server shall answer, whatever the path; what is under /upstream and the
/// like says so by its path.
bool opens_socket_by_query(const Request& request, const Route* same_path) {
  const bool may = same_path == nullptr ||
                   (same_path->role == Role::Infer && same_path->methods != Methods::Any);
  return may && !wanted_protocol(request).empty() && route::query_has(request.head.target, "model");
}

/// What models' servers have beside the listed routes stands there.
CrossOrigin cross_origin_of(const RouteMatch& match, std::string_view path) {
  if (match.same_path != nullptr) {
    return match.same_path->cross_origin;
  }
  return path.starts_with("/v1/") ? CrossOrigin::Allowed : CrossOrigin::Refused;
}

/// Null: nobody answers.
const Route* route_for(const Request& request, const RouteMatch& match) {
  const auto& head = request.head;
  if (opens_socket_by_query(request, match.same_path)) {
    return &upgrade_route();
  }
  if (match.same_path == nullptr && head.method == "POST" && head.framing != wire::Framing::None) {
    return &unlisted_route();
  }
  const bool asks_of_us = head.path == "/metrics" && !route::query_has(head.target, "model");
  return match.route != nullptr && asks_of_us ? &own_metrics_route() : match.route;
}

void record_refusal(const Error& error, int status, TrafficRecord& record) {
  const Outcome broken = outcome_of_break(error.code);
  record.outcome = broken == Outcome::UpstreamBroke ? Outcome::Refused : broken;
  record.status = status;
  record.error = error.message;
}

}  // namespace

Api::Api(const Config& config, const Surroundings& around)
    : log_(around.log),
      settings_(config),
      services_{.profiles = route::Profiles(config.profiles),
                .loop_guard = {},
                .forwarding = {around.router, around.models, services_.profiles,
                               services_.loop_guard, around.log},
                .logs = around.logs,
                .machine = around.machine,
                .reload = around.reload,
                .bus = around.bus,
                .build = around.build,
                .in_flight = around.in_flight,
                .events = around.events,
                .captures = around.captures,
                .activity = around.activity,
                .traffic = around.traffic,
                .hand_on = around.hand_on,
                .spool_limits = {.body = config.limits.upload_body, .directory = config.spool_dir},
                .memory = ByteBudget(config.limits.bodies_in_flight, "in memory",
                                     "limits.bodiesInFlight"),
                .files = ByteBudget(config.limits.spool, "in temporary files", "limits.spool")} {}

Answer Api::handle(Request& request) {
  begin_record(request);
  auto result = answer(request);
  auto& record = request.record;
  if (!result) {
    return fail(result.error(), request);
  }
  record.status = result->status;
  if (result->exchange == nullptr) {
    add_security_fields(request.head.path, *result);
  }
  result->add("X-Request-Id", record.id);
  return std::move(*result);
}

Answer Api::fail(const Error& error, Request& request) {
  Answer given = answer_error(error, request);
  add_security_fields(request.head.path, given);
  given.add("X-Request-Id", request.record.id);
  if (error.code == ErrorCode::ClientLeft) {
    request.capture.broke();  // nobody gets this answer
  } else {
    request.capture.failed(given);
  }
  return given;
}

Answer Api::answer_error(const Error& error, Request& request) {
  auto& record = request.record;
  const auto& head = request.head;
  auto answer =
      request.begun == StreamDialect::None
          ? error_answer(error, head.path, wire::value_of(head.fields, "Accept"), record.id)
          : text_answer(200, EventStreamText,
                        failure_events(request.begun, error_json(error, head.path, record.id)));
  answer.close = leaves_doubt_about_connection(error.code);
  record_refusal(error, error_status(error.code), record);
  if (error_status(error.code) >= 500) {
    log_.warn(fmt::format("request {}: {}", record.id, error.message));
  }
  return answer;
}

Answer Api::refuse(const Error& error, TrafficRecord& record) {
  record.id = ids_.choose({});
  auto answer = error_answer(error, {}, {}, record.id);
  record_refusal(error, answer.status, record);
  add_security_fields({}, answer);
  answer.add("X-Request-Id", record.id);
  return answer;
}

void Api::begin_record(Request& request) {
  const auto& head = request.head;
  auto& record = request.record;
  record.id = ids_.choose(wire::value_of(head.fields, "X-Request-Id"));
  record.client = request.client_address;
  record.user_agent = wire::value_of(head.fields, "User-Agent").substr(0, RecordedUserAgent);
  record.method = head.method;
  record.path = head.path.substr(0, RecordedPath);
}

Result<Answer> Api::answer(Request& request) {
  const auto& head = request.head;
  const auto settings = settings_.get();
  request.record.client = settings->trusted_proxies.client_of(request.client_address, head.fields);
  request.record.session = session_of(head, settings->config.recording.session_headers);
  if (auto known = settings->host_rule.check(head.host, request.listen_name, request.to_loopback);
      !known) {
    return known.error();
  }
  const auto match = find_route(head.method, head.path);
  if (head.method == "OPTIONS") {
    return preflight_answer(head, cross_origin_of(match, head.path));
  }
  const Route* const route = route_for(request, match);
  if (route != nullptr) {
    return serve(request, *route, *settings);
  }
  if (match.same_path == nullptr) {
    return Error{ErrorCode::NotFound, fmt::format("nothing is served at {}", shown(head.path))};
  }
  auto refusal =
      answer_error({ErrorCode::MethodNotAllowed,
                    fmt::format("{} is not answered on {}", shown(head.method), shown(head.path))},
                   request);
  refusal.add("Allow", allowed_methods(head.path));
  return refusal;
}

Result<Answer> Api::serve(Request& request, const Route& route, const Settings& settings) {
  if (route.role != Role::Open) {
    const auto caller = settings.keys.check(request.head.fields);
    if (!caller) {
      return caller.error();
    }
    request.record.key_name = caller->key_name;
    if (auto allowed = check_role(*caller, route.role); !allowed) {
      return allowed.error();
    }
    if (auto allowed = check_browser(*caller, route, request.head); !allowed) {
      return allowed.error();
    }
  }
  const auto& limits = settings.config.limits;
  if (auto fits = check_announced_length(request.head, limits, route.body); !fits) {
    return fits.error();
  }
  Call call{services_, settings, route, request};
  return route.handler(call);
}

}  // namespace llmsnap::api
