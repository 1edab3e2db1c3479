#include "api/call.h"
#include "api/forwarded_answer.h"
#include "api/handlers.h"
#include "api/request_body.h"
#include "api/text_body.h"
#include "route/upstream_path.h"

namespace llmsnap::api {
namespace {

Answer redirect_answer(std::string_view method, std::string location) {
  const bool repeatable_as_get = method == "GET" || method == "HEAD";
  auto answer = text_answer(repeatable_as_get ? 301 : 308, PlainText, {});
  answer.add("Location", std::move(location));
  return answer;
}

}  // namespace

Result<Answer> serve_passthrough(Call& call) {
  auto& request = call.request;
  auto path = route::find_upstream_path(request.head.target, call.services.forwarding.models);
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
                        wire::same_name(request.head.upgrade, "websocket");
  const route::ForwardRequest outgoing{
      .head = request.head,
      .client = client_of(call),
      .key_name = request.record.key_name,
      .model = path->name,
      .target = path->target,
      .source = Source::Passthrough,
      .streaming = false,
      .json = nullptr,
      .body = body->get(),
      .upgrade = switches ? request.head.upgrade : std::string_view(),
      .pool = request.pool,
  };
  auto forwarded = route::forward(call.services.forwarding, outgoing, request.record);
  if (!forwarded) {
    return forwarded.error();
  }
  return forwarded_answer(std::move(*forwarded), request);
}

}  // namespace llmsnap::api
