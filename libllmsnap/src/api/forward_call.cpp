#include "api/forward_call.h"

#include <memory>
#include <string>
#include <utility>

#include "api/begun_answer.h"
#include "api/forwarded_answer.h"
#include "api/loading_stream.h"
#include "api/pass_through.h"
#include "api/told_break.h"
#include "route/query_model.h"

namespace llmsnap::api {
namespace {

constexpr std::string_view NoAutoload = "the request says autoload=false";

route::ClientConnection client_of(const Call& call) {
  const auto& request = call.request;
  return {request.client_address, call.settings.trusted_proxies.contains(request.client_address),
          request.tls};
}

/// A WebSocket that its model does not count.
bool counts_for_nothing(const Call& call, const route::ForwardRequest& outgoing) {
  if (outgoing.upgrade.empty()) {
    return false;
  }
  const auto model = call.services.forwarding.models.find(outgoing.model);
  return model != nullptr && model->config.ignore_websockets;
}

/// A place in the list of what is in work, for requests that models answer in a way we know; none
/// for pages of theirs, and for sockets that count for nothing. The name of the model is the
/// client's until one is chosen.
std::unique_ptr<live::InFlight::Place> place_of(const Call& call,
                                                const route::ForwardRequest& outgoing) {
  const auto& record = call.request.record;
  const std::string_view path = outgoing.target.substr(0, outgoing.target.find('?'));
  const bool is_listed =
      outgoing.source == Source::Local || is_model_route(call.request.head.method, path);
  if (!is_listed || counts_for_nothing(call, outgoing)) {
    return nullptr;
  }
  return std::make_unique<live::InFlight::Place>(
      call.services.in_flight, live::Arrival{.head = call.request.head,
                                             .path = path,
                                             .client = record.client,
                                             .request_id = record.id,
                                             .received_at = record.received_at,
                                             .received = record.received,
                                             .model = std::string(outgoing.model)});
}

/// A request may say that it starts no model, as at llama.cpp's router.
bool may_start(std::string_view target) {
  return !route::query_has(target, "autoload", "false") &&
         !route::query_has(target, "autoload", "0");
}

/// What the client is told of it.
Error refusal_of(Error error, const route::ForwardRequest& outgoing, bool is_cancelled) {
  if (is_cancelled) {
    return cancelled_by_operator();
  }
  if (error.code == ErrorCode::Conflict && outgoing.cannot_start == NoAutoload) {
    error.code = ErrorCode::BadRequest;
  }
  return error;
}

}  // namespace

Error cancelled_by_operator() {
  return {ErrorCode::Cancelled, "the request was cancelled by an operator"};
}

route::ForwardRequest forward_request(const Call& call, std::string_view model,
                                      std::string_view target) {
  return {.head = call.request.head,
          .client = client_of(call),
          .key_name = call.request.record.key_name,
          .request_id = call.request.record.id,
          .model = model,
          .target = target,
          .cannot_start = may_start(target) ? "" : NoAutoload,
          .pool = call.request.pool};
}

Result<Answer> forward_call(Call& call, route::ForwardRequest outgoing) {
  LoadingStream loading(call.request,
                        outgoing.streaming ? call.route.dialect : StreamDialect::None);
  outgoing.waiter = &loading;
  call.request.capture = CaptureTap(call, outgoing);
  auto listed = place_of(call, outgoing);
  if (listed) {
    outgoing.on_choice = [place = listed.get()](const TrafficRecord& record) {
      place->set_model(record.model, record.selector);
    };
  }
  auto forwarded = route::forward(call.services.forwarding, outgoing, call.request.record);
  if (!forwarded) {
    const bool is_cancelled = listed && listed->cancelled();
    const Error error = refusal_of(forwarded.error(), outgoing, is_cancelled);
    const auto told = loading.failed();
    const bool ended_from_outside =
        error.code == ErrorCode::ClientLeft || error.code == ErrorCode::Cancelled;
    return told || ended_from_outside ? error : told.error();
  }
  Answer answer =
      with_told_break(forwarded_answer(std::move(*forwarded), std::move(listed), call.request),
                      call.route.dialect, call.request);
  return loading.has_begun() ? begun_answer(std::move(answer), call.request) : std::move(answer);
}

}  // namespace llmsnap::api
