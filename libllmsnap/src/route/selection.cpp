#include "route/selection.h"

#include <algorithm>
#include <optional>

#include "peer/peer.h"

namespace llmsnap::route {
namespace {

using State = TargetStatus::State;

State state_of(ModelState state) {
  switch (state) {
    case ModelState::Ready:
      return State::Ready;
    case ModelState::Starting:
    case ModelState::Waking:
      return State::Starting;
    case ModelState::Draining:
    case ModelState::Stopping:
    case ModelState::SleepPending:
      return State::Stopping;
    case ModelState::Stopped:
    case ModelState::Failed:
    case ModelState::Asleep:
      return State::Stopped;
  }
  return State::Stopped;
}

}  // namespace

TargetStatus status_of(const Model& target, const ModelService& models) {
  TargetStatus status;
  if (target.peer) {
    status.state = models.is_ready(target) ? State::Ready : State::Remote;
  } else if (const auto known = models.status(target)) {
    status.state = state_of(known->state);
    status.cooling_down = known->state == ModelState::Failed;
  } else {
    status.state = State::Ready;  // its server runs by itself
  }
  return status;
}

bool is_loaded(const Selection& selection, const ModelService& models) {
  const std::size_t count =
      selection.config.strategy == SelectorStrategy::Pin ? 1 : selection.targets.size();
  return std::any_of(selection.targets.begin(),
                     selection.targets.begin() + static_cast<std::ptrdiff_t>(count),
                     [&models](const Target& target) {
                       const State state = status_of(*target.model, models).state;
                       return state == State::Ready || state == State::Starting;
                     });
}

const Target* Attempts::next(SteadyClock::time_point now) {
  std::vector<TargetStatus> targets;
  targets.reserve(selection_.targets.size());
  for (std::size_t index = 0; index < selection_.targets.size(); ++index) {
    const Model& model = *selection_.targets[index].model;
    TargetStatus& status = targets.emplace_back(status_of(model, models_));
    status.cooling_down |= model.peer != nullptr && model.peer->is_backing_off(now);
    status.tried = tried_[index];
  }
  reservation_ = {};  // the last one has refused
  const auto chosen = selection_.book->choose(selection_.config.strategy,
                                              selection_.config.spillover, std::move(targets), now);
  if (!chosen) {
    return nullptr;
  }
  reservation_ = Reservation(selection_.book, *chosen);
  tried_[*chosen] = true;
  present_ = *chosen;
  chosen_ = now;
  return &selection_.targets[present_];
}

void Attempts::refused(const Refusal& refusal, SteadyClock::time_point now) {
  selection_.book->refused(present_, chosen_, refusal, now);
}

void Attempts::served() {
  selection_.book->served(present_);
}

}  // namespace llmsnap::route
