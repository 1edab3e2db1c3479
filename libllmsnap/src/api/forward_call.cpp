#include "api/forward_call.h"

#include <utility>

#include "api/begun_answer.h"
#include "api/forwarded_answer.h"
#include "api/loading_stream.h"
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

/// A request may say that it starts no model, as at llama.cpp's router.
bool may_start(std::string_view target) {
  return !route::query_has(target, "autoload", "false") &&
         !route::query_has(target, "autoload", "0");
}

}  // namespace

route::ForwardRequest forward_request(const Call& call, std::string_view model,
                                      std::string_view target) {
  return {.head = call.request.head,
          .client = client_of(call),
          .key_name = call.request.record.key_name,
          .model = model,
          .target = target,
          .cannot_start = may_start(target) ? "" : NoAutoload,
          .pool = call.request.pool};
}

Result<Answer> forward_call(Call& call, route::ForwardRequest outgoing) {
  LoadingStream loading(call.request,
                        outgoing.streaming ? call.route.dialect : StreamDialect::None);
  outgoing.waiter = &loading;
  auto forwarded = route::forward(call.services.forwarding, outgoing, call.request.record);
  if (!forwarded) {
    const auto told = loading.failed();
    if (!told) {
      return told.error();
    }
    Error error = forwarded.error();
    if (error.code == ErrorCode::Conflict && outgoing.cannot_start == NoAutoload) {
      error.code = ErrorCode::BadRequest;
    }
    return error;
  }
  Answer answer = with_told_break(forwarded_answer(std::move(*forwarded), call.request),
                                  call.route.dialect, call.request);
  return loading.has_begun() ? begun_answer(std::move(answer), call.request) : std::move(answer);
}

}  // namespace llmsnap::api
