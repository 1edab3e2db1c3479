#include "gateway/preload.h"

#include <fmt/format.h>

#include <utility>

namespace llmsnap {

void Preload::start(schedule::Control& control, Log& log, const std::vector<std::string>& models) {
  std::make_shared<Preload>(control, log, models)->load_next();
}

void Preload::load_next() {
  while (!left_.empty()) {
    const std::string model = std::move(left_.front());
    left_.pop_front();
    const schedule::Handle instance = control_.find(model);
    if (instance == nullptr) {
      continue;
    }
    control_.load(instance, [self = shared_from_this(), model](const Result<void>& loaded) {
      if (!loaded) {
        self->log_.warn(
            fmt::format("model {}: could not be preloaded: {}", model, loaded.error().message));
      }
      self->load_next();
    });
    return;
  }
}

}  // namespace llmsnap
