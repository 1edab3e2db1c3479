// forwarded_answer: a model's answer as ours: its fields by the header rules, its body watched
// while it passes. Thread rule: belongs to the request's fiber.
#pragma once

#include <memory>

#include "api/answer.h"
#include "live/in_flight.h"
#include "route/forward.h"

namespace llmsnap::api {

/// The answer's body keeps the lease and the exchange, and completes `request.record` and
/// `request.capture` when it ends or is dropped. `place`: where the request is listed; null: it is
/// not.
Answer forwarded_answer(route::Forwarded forwarded, std::unique_ptr<live::InFlight::Place> place,
                        Request& request);

}  // namespace llmsnap::api
