#include "gateway/preload.h"

#include <fmt/format.h>

#include <utility>

namespace llmsnap {

Preload::Preload(schedule::Control& control, Log& log, const std::vector<std::string>& models,
                 Incumbents incumbents)
    : control_(control), log_(log), left_(models.begin(), models.end()), incumbents_(incumbents) {}

void Preload::start(schedule::Control& control, Log& log, const std::vector<std::string>& models,
                    Incumbents incumbents) {
  std::make_shared<Preload>(control, log, models, incumbents)->load_next();
}

void Preload::load_next() {
  while (!left_.empty()) {
    const std::string model = std::move(left_.front());
    left_.pop_front();
    const schedule::Handle instance = control_.find(model);
    if (instance == nullptr) {
      continue;
    }
    const auto load = incumbents_ == Incumbents::Stay ? &schedule::Control::load_where_it_fits
                                                      : &schedule::Control::load;
    (control_.*load)(instance, [self = shared_from_this(), model](const Result<void>& loaded) {
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
