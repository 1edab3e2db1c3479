// refuses: whether a target's answer, or why there was none, means that another one should be
// asked. Thread rule: pure functions.
#pragma once

#include "llmsnap/result.h"

namespace llmsnap::route {

/// It has too much to do, is not there, or leads in a circle: all that another one may do better. A
/// 500 is not among them: it may well be the request's own fault.
constexpr bool refuses(int status) {
  return status == 429 || status == 502 || status == 503 || status == 504 || status == 508;
}

constexpr bool refuses(ErrorCode code) {
  switch (code) {
    case ErrorCode::TooManyRequests:
    case ErrorCode::UpstreamFailed:
    case ErrorCode::UpstreamTimeout:
    case ErrorCode::Unavailable:
    case ErrorCode::LoopDetected:
      return true;
    default:
      return false;
  }
}

}  // namespace llmsnap::route
