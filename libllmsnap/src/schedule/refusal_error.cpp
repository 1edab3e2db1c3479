#include "schedule/refusal_error.h"

namespace llmsnap::schedule {
namespace {

ErrorCode code_of(Refusal reason) {
  switch (reason) {
    case Refusal::AtConcurrencyLimit:
      return ErrorCode::ConcurrencyLimit;
    case Refusal::CannotSleep:
      return ErrorCode::Conflict;
    case Refusal::StartFailed:
      return ErrorCode::UpstreamFailed;
    case Refusal::Superseded:
      return ErrorCode::Superseded;
    case Refusal::QueueFull:
    case Refusal::WaitedTooLong:
    case Refusal::BackingOff:
    case Refusal::Unloaded:
    case Refusal::ShuttingDown:
      return ErrorCode::Unavailable;
  }
  return ErrorCode::Internal;
}

}  // namespace

Error refusal_error(const Refuse& refuse) {
  return {code_of(refuse.reason), refuse.why, refuse.retry_after};
}

}  // namespace llmsnap::schedule
