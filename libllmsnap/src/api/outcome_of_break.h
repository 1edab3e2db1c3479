// outcome_of_break: how a request ended whose answer could not be completed, by the error's code.
// Thread rule: a pure function.
#pragma once

#include "llmsnap/result.h"
#include "llmsnap/traffic_record.h"

namespace llmsnap::api {

inline Outcome outcome_of_break(ErrorCode code) {
  switch (code) {
    case ErrorCode::ClientLeft:
      return Outcome::ClientLeft;
    case ErrorCode::Cancelled:
      return Outcome::Cancelled;
    case ErrorCode::ShuttingDown:
      return Outcome::Shutdown;
    default:
      return Outcome::UpstreamBroke;
  }
}

}  // namespace llmsnap::api
