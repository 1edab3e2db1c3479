#include "api/forward_call.h"

#include <utility>

#include "api/forwarded_answer.h"

namespace llmsnap::api {
namespace {

route::ClientConnection client_of(const Call& call) {
  const auto& request = call.request;
  return {request.client_address, call.settings.trusted_proxies.contains(request.client_address),
          request.tls};
}

}  // namespace

route::ForwardRequest forward_request(const Call& call, std::string_view model,
                                      std::string_view target) {
  return {.head = call.request.head,
          .client = client_of(call),
          .key_name = call.request.record.key_name,
          .model = model,
          .target = target,
          .pool = call.request.pool};
}

Result<Answer> forward_call(Call& call, const route::ForwardRequest& outgoing) {
  auto forwarded = route::forward(call.services.forwarding, outgoing, call.request.record);
  if (!forwarded) {
    return forwarded.error();
  }
  return forwarded_answer(std::move(*forwarded), call.request);
}

}  // namespace llmsnap::api
