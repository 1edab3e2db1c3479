#include "llmsnap/model_state.h"

namespace llmsnap {

std::string_view name_of(ModelState state) {
  switch (state) {
    case ModelState::Stopped:
      return "stopped";
    case ModelState::Starting:
      return "starting";
    case ModelState::Ready:
      return "ready";
    case ModelState::Draining:
      return "draining";
    case ModelState::Stopping:
      return "stopping";
    case ModelState::Failed:
      return "failed";
    case ModelState::SleepPending:
      return "sleepPending";
    case ModelState::Asleep:
      return "asleep";
    case ModelState::Waking:
      return "waking";
  }
  return "unknown";
}

std::string_view name_of(GoingCause cause) {
  switch (cause) {
    case GoingCause::Room:
      return "room";
    case GoingCause::Idle:
      return "idle";
    case GoingCause::Unload:
      return "unload";
    case GoingCause::Sleep:
      return "sleep";
    case GoingCause::Config:
      return "config";
    case GoingCause::Failure:
      return "failure";
    case GoingCause::Shutdown:
      return "shutdown";
  }
  return "unknown";
}

}  // namespace llmsnap
