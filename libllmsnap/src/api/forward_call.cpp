#include "api/forward_call.h"

#include <memory>
#include <string>
#include <utility>

#include "api/begun_answer.h"
#include "api/error_reply.h"
#include "api/forwarded_answer.h"
#include "api/loading_stream.h"
#include "api/text_body.h"
#include "api/told_break.h"

namespace llmsnap::api {
namespace {

route::ClientConnection client_of(const Call& call) {
  const auto& request = call.request;
  return {request.client_address, call.settings.trusted_proxies.contains(request.client_address),
          request.tls};
}

/// A place in the list of what is in work, for requests that models answer in a way we know; none
/// for pages of theirs.
std::unique_ptr<live::InFlight::Place> place_of(const Call& call,
                                                const route::ForwardRequest& outgoing) {
  const auto& record = call.request.record;
  if (outgoing.source != Source::Local && !record.metered) {
    return nullptr;
  }
  const auto model = call.services.forwarding.models.find(outgoing.model);
  return std::make_unique<live::InFlight::Place>(
      call.services.in_flight,
      live::Arrival{.head = call.request.head,
                    .path = outgoing.target.substr(0, outgoing.target.find('?')),
                    .client = call.request.client_address,
                    .request_id = record.id,
                    .received_at = record.received_at,
                    .received = record.received,
                    .model = model ? model->config.id : std::string(outgoing.model)});
}

}  // namespace

Error cancelled_by_operator(ErrorCode code) {
  return {code, "the request was cancelled by an operator"};
}

route::ForwardRequest forward_request(const Call& call, std::string_view model,
                                      std::string_view target) {
  return {.head = call.request.head,
          .client = client_of(call),
          .key_name = call.request.record.key_name,
          .model = model,
          .target = target,
          .pool = call.request.pool};
}

Result<Answer> forward_call(Call& call, route::ForwardRequest outgoing) {
  LoadingStream loading(call.request,
                        outgoing.streaming ? call.route.dialect : StreamDialect::None);
  outgoing.waiter = &loading;
  Watchers watchers{place_of(call, outgoing), CaptureTap(call, outgoing)};
  auto forwarded = route::forward(call.services.forwarding, outgoing, call.request.record);
  if (!forwarded) {
    const bool was_cancelled = watchers.place && watchers.place->cancelled();
    const Error error =
        was_cancelled ? cancelled_by_operator(ErrorCode::ClientLeft) : forwarded.error();
    watchers.capture.refused(error_status(error.code), JsonText,
                             error_json(error, call.request.head.path, call.request.record.id));
    if (was_cancelled) {
      return error;
    }
    const auto told = loading.failed();
    return told ? forwarded.error() : told.error();
  }
  Answer answer =
      with_told_break(forwarded_answer(std::move(*forwarded), std::move(watchers), call.request),
                      call.route.dialect, call.request);
  return loading.has_begun() ? begun_answer(std::move(answer), call.request) : std::move(answer);
}

}  // namespace llmsnap::api
