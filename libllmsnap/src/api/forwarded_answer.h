// forwarded_answer: a model's answer as ours: its fields by the header rules, its body watched
// while it passes. Thread rule: belongs to the request's fiber.
#pragma once

#include "api/answer.h"
#include "route/forward.h"

namespace llmsnap::api {

/// The answer's body keeps the lease and the exchange, and completes `request.record` when it ends
/// or is dropped.
Answer forwarded_answer(route::Forwarded forwarded, Request& request);

}  // namespace llmsnap::api
