#include "api/router_status.h"

namespace llmsnap::api {

std::string_view router_status(ModelState state) {
  switch (state) {
    case ModelState::Starting:
    case ModelState::Waking:
      return "loading";
    case ModelState::Ready:
    case ModelState::Draining:
      return "loaded";
    case ModelState::SleepPending:
    case ModelState::Asleep:
      return "sleeping";
    case ModelState::Stopped:
    case ModelState::Stopping:
    case ModelState::Failed:
      return "unloaded";
  }
  return "unloaded";
}

std::string_view router_status(const route::Model& model, const route::ModelService& models) {
  const auto status = models.status(model);
  return router_status(status                   ? status->state
                       : models.is_ready(model) ? ModelState::Ready
                                                : ModelState::Stopped);
}

std::optional<RouterFailure> router_failure(const route::Model& model,
                                            const route::ModelService& models) {
  const auto status = models.status(model);
  const bool failed = status && status->state == ModelState::Failed;
  return failed ? std::optional(RouterFailure{status->exit_code}) : std::nullopt;
}

}  // namespace llmsnap::api
