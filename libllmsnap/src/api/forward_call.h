// How a handler sends its call on to a model: what all forwarded requests have, and the answer.
// Thread rule: belongs to the request's fiber.
#pragma once

#include <string_view>

#include "api/answer.h"
#include "api/call.h"
#include "llmsnap/result.h"
#include "route/forward.h"

namespace llmsnap::api {

/// What is sent for every route: head, client, key and pool of the call. The handler adds its kind
/// of body and what else its route has. The call, `model` and `target` must outlive it.
route::ForwardRequest forward_request(const Call& call, std::string_view model,
                                      std::string_view target);

/// Sends it; the answer is the model's. Who asked for a stream is told of the load meanwhile.
/// Errors are those of route::forward.
Result<Answer> forward_call(Call& call, route::ForwardRequest outgoing);

/// What a request comes to that was ended with POST /api/inflight/<id>/cancel.
Error cancelled_by_operator();

}  // namespace llmsnap::api
