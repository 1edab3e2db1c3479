#include "api/call.h"
#include "api/forward_call.h"
#include "api/handlers.h"
#include "api/request_body.h"
#include "api/text_body.h"
#include "base/hex.h"
#include "route/upstream_path.h"

namespace llmsnap::api {
namespace {

/// The one protocol that is tunnelled; a client may name it in a list with others.
constexpr std::string_view WebSocket = "websocket";

Answer redirect_answer(std::string_view method, std::string location) {
  const bool repeatable_as_get = method == "GET" || method == "HEAD";
  auto answer = text_answer(repeatable_as_get ? 301 : 308, PlainText, {});
  answer.add("Location", std::move(location));
  return answer;
}

/// `target`: what the model's server gets to see.
bool is_ignored(const Call& call, std::string_view target) {
  const std::string_view path = target.substr(0, target.find('?'));
  return call.settings.ignored_paths.match(percent_decoded(path).value_or(std::string(path)));
}

}  // namespace

Result<Answer> serve_passthrough(Call& call) {
  auto& request = call.request;
  auto path = route::find_upstream_path(request.head.target, call.services.forwarding.models,
                                        call.services.forwarding.profiles);
  if (!path) {
    return Error{ErrorCode::NotFound, "model not found"};
  }
  if (path->redirect) {
    return redirect_answer(request.head.method, std::move(*path->redirect));
  }
  const auto body = read_spooled(call);
  if (!body) {
    return body.error();
  }
  const bool switches = request.can_upgrade && request.head.method == "GET" &&
                        wire::list_contains(request.head.upgrade, WebSocket);
  auto outgoing = forward_request(call, path->name, path->target);
  outgoing.source = Source::Passthrough;
  outgoing.body = body->get();
  if (is_ignored(call, path->target)) {
    outgoing.cannot_start = "path matches upstream.ignorePaths";
  }
  if (switches) {
    outgoing.upgrade = WebSocket;
  }
  return forward_call(call, outgoing);
}

}  // namespace llmsnap::api
