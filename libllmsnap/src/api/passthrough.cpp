#include <algorithm>
#include <array>
#include <string>

#include "api/call.h"
#include "api/forward_call.h"
#include "api/handlers.h"
#include "api/pass_through.h"
#include "api/request_body.h"
#include "api/same_site.h"
#include "api/text_body.h"
#include "base/hex.h"
#include "route/upstream_path.h"

namespace llmsnap::api {
namespace {

/// The one protocol that is tunnelled; a client may name it in a list with others.
constexpr std::string_view WebSocket = "websocket";

/// `target`: what the model's server gets to see.
bool is_ignored(const Call& call, std::string_view target) {
  const std::string_view path = target.substr(0, target.find('?'));
  return call.settings.ignored_paths.match(percent_decoded(path).value_or(std::string(path)));
}

/// An image on any page would start a model else.
constexpr std::string_view OtherSite = "a page of another site cannot start it";

/// What monitors ask again and again. A config with paths of its own says what it wants instead.
bool is_polling(const Call& call, std::string_view target) {
  constexpr std::array<std::string_view, 4> Polled = {"/health", "/metrics", "/slots", "/props"};
  const std::string_view path = target.substr(0, target.find('?'));
  const std::string_view method = call.request.head.method;
  return (method == "GET" || method == "HEAD") && call.settings.config.ignore_paths.empty() &&
         std::find(Polled.begin(), Polled.end(), path) != Polled.end();
}

/// Empty: the request may have the model started.
std::string_view why_not_started(const Call& call, std::string_view target) {
  if (is_ignored(call, target)) {
    return "path matches upstream.ignorePaths";
  }
  return is_polling(call, target) ? "to ask how it stands does not start it" : "";
}

/// What is asked of a model in a way that we know, by whatever path it came.
bool is_metered(std::string_view method, std::string_view target) {
  return method == "POST" && is_model_route(method, target.substr(0, target.find('?')));
}

/// So that no page of its server may do with us what its user may: the browser gives it an origin
/// of its own.
constexpr std::string_view Sandbox =
    "sandbox allow-scripts allow-forms allow-popups allow-modals allow-downloads";

}  // namespace

bool is_model_route(std::string_view method, std::string_view path) {
  const Route* const route = find_route(method, path).route;
  return route != nullptr && (route->handler == serve_inference || route->handler == serve_form ||
                              route->handler == serve_by_query);
}

std::string_view wanted_protocol(const Request& request) {
  const bool switches = request.can_upgrade && request.head.method == "GET" &&
                        wire::list_contains(request.head.upgrade, WebSocket);
  return switches ? WebSocket : std::string_view();
}

Answer redirect_answer(std::string_view method, std::string location) {
  const bool repeatable_as_get = method == "GET" || method == "HEAD";
  auto answer = text_answer(repeatable_as_get ? 301 : 308, PlainText, {});
  answer.add("Location", std::move(location));
  return answer;
}

Result<Answer> pass_through(Call& call, std::string_view name, std::string_view target,
                            std::string_view cannot_start) {
  const auto& request = call.request;
  const std::string_view protocol = wanted_protocol(request);
  if (const auto allowed = protocol.empty() ? Result<void>() : refuse_other_sites(request.head);
      !allowed) {
    return allowed.error();
  }
  const auto body = read_spooled(call);
  if (!body) {
    return body.error();
  }
  call.request.record.metered = is_metered(request.head.method, target);
  auto outgoing = forward_request(call, name, target);
  outgoing.source = Source::Passthrough;
  outgoing.body = body->get();
  const bool is_elsewhere = cannot_start.empty() && is_shown_by_other_site(request.head);
  outgoing.cannot_start = is_elsewhere ? OtherSite : cannot_start;
  outgoing.upgrade = protocol;
  Result<Answer> answer = forward_call(call, outgoing);
  if (is_elsewhere && !answer && answer.error().code == ErrorCode::Conflict) {
    return Error{ErrorCode::Forbidden, answer.error().message};
  }
  if (answer && call.settings.config.sandbox_upstream) {
    answer->fields.push_back({"Content-Security-Policy", Sandbox});
  }
  return answer;
}

Result<Answer> serve_passthrough(Call& call) {
  auto path = route::find_upstream_path(call.request.head.target, call.services.forwarding.models,
                                        call.services.forwarding.profiles);
  if (!path) {
    return Error{ErrorCode::NotFound, "model not found"};
  }
  if (path->redirect) {
    return redirect_answer(call.request.head.method, std::move(*path->redirect));
  }
  return pass_through(call, path->name, path->target, why_not_started(call, path->target));
}

}  // namespace llmsnap::api
