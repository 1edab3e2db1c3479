#include "api/api.h"

#include <fmt/format.h>

#include "api/call.h"
#include "api/cors.h"
#include "api/error_reply.h"
#include "api/outcome_of_break.h"
#include "api/request_body.h"
#include "api/route_table.h"
#include "api/stream_dialect.h"
#include "api/text_body.h"
#include "log/log.h"

namespace llmsnap::api {
namespace {

// Records wait in a queue and are remembered: what a client puts into them is bounded.
constexpr std::size_t RecordedUserAgent = 256;
constexpr std::size_t RecordedSession = 256;

std::string_view value_of(const wire::RequestHead& head, std::string_view name) {
  const auto* field = wire::find_field(head.fields, name);
  return field == nullptr ? std::string_view() : field->value;
}

std::string_view session_of(const wire::RequestHead& head, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (const auto session = value_of(head, name); !session.empty()) {
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

void record_refusal(const Error& error, int status, TrafficRecord& record) {
  const Outcome broken = outcome_of_break(error.code);
  record.outcome = broken == Outcome::UpstreamBroke ? Outcome::Refused : broken;
  record.status = status;
  record.error = error.message;
}

}  // namespace

Api::Api(const Config& config, route::ModelService& models, const Router& router, SharedLogs& logs,
         Log& log, ConfigReload& reload, const machine::MachineWatch& machine)
    : log_(log),
      settings_(config),
      services_{.profiles = route::Profiles(config.profiles),
                .loop_guard = {},
                .forwarding = {router, models, services_.profiles, services_.loop_guard, log},
                .logs = logs,
                .machine = machine,
                .reload = reload,
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
  result->add("X-Request-Id", record.id);
  return std::move(*result);
}

Answer Api::fail(const Error& error, Request& request) {
  Answer given = answer_error(error, request);
  given.add("X-Request-Id", request.record.id);
  return given;
}

Answer Api::answer_error(const Error& error, Request& request) {
  auto& record = request.record;
  const auto& head = request.head;
  auto answer =
      request.begun == StreamDialect::None
          ? error_answer(error, head.path, value_of(head, "Accept"), record.id)
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
  answer.add("X-Request-Id", record.id);
  return answer;
}

void Api::begin_record(Request& request) {
  const auto& head = request.head;
  auto& record = request.record;
  record.id = ids_.choose(value_of(head, "X-Request-Id"));
  record.client = request.client_address;
  record.user_agent = value_of(head, "User-Agent").substr(0, RecordedUserAgent);
  record.method = head.method;
  record.path = head.path.substr(0, RecordedPath);
}

Result<Answer> Api::answer(Request& request) {
  const auto& head = request.head;
  const auto settings = settings_.get();
  request.record.session = session_of(head, settings->config.recording.session_headers);
  if (auto known = settings->host_rule.check(head.host, request.listen_name, request.to_loopback);
      !known) {
    return known.error();
  }
  const auto match = find_route(head.method, head.path);
  if (head.method == "OPTIONS") {
    return preflight_answer(
        head, match.same_path == nullptr ? CrossOrigin::Refused : match.same_path->cross_origin);
  }
  if (match.same_path == nullptr) {
    return Error{ErrorCode::NotFound, fmt::format("nothing is served at {}", shown(head.path))};
  }
  if (match.route == nullptr) {
    auto refusal = answer_error(
        {ErrorCode::MethodNotAllowed,
         fmt::format("{} is not answered on {}", shown(head.method), shown(head.path))},
        request);
    refusal.add("Allow", allowed_methods(head.path));
    return refusal;
  }
  return serve(request, *match.route, *settings);
}

Result<Answer> Api::serve(Request& request, const Route& route, const Settings& settings) {
  if (route.role != Role::Open) {
    const auto key_name = settings.keys.check(request.head.fields);
    if (!key_name) {
      return key_name.error();
    }
    request.record.key_name = *key_name;
  }
  const auto& limits = settings.config.limits;
  if (auto fits = check_announced_length(request.head, limits, route.body); !fits) {
    return fits.error();
  }
  Call call{services_, settings, route, request};
  return route.handler(call);
}

}  // namespace llmsnap::api
