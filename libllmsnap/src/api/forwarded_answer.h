// forwarded_answer: a model's answer as ours: its fields by the header rules, its body watched
// while it passes. Thread rule: belongs to the request's fiber.
#pragma once

#include <memory>

#include "api/answer.h"
#include "api/capture_tap.h"
#include "live/in_flight.h"
#include "route/forward.h"

namespace llmsnap::api {

/// Who watches a request and its answer.
struct Watchers {
  std::unique_ptr<live::InFlight::Place> place;  ///< where it is listed; null: it is not
  CaptureTap capture;
};

/// The answer's body keeps the lease and the exchange, and completes `request.record` when it ends
/// or is dropped.
Answer forwarded_answer(route::Forwarded forwarded, Watchers watchers, Request& request);

}  // namespace llmsnap::api
