#include "route/selector.h"

#include <algorithm>
#include <vector>

namespace llmsnap {
namespace {

using State = TargetStatus::State;
using Indices = std::vector<std::size_t>;

Indices untried(std::span<const TargetStatus> targets, bool cooling_down) {
  Indices out;
  for (std::size_t index = 0; index < targets.size(); ++index) {
    if (!targets[index].tried && targets[index].cooling_down == cooling_down) {
      out.push_back(index);
    }
  }
  return out;
}

std::optional<std::size_t> warmest(std::span<const TargetStatus> targets,
                                   const Indices& candidates) {
  for (const State wanted : {State::Ready, State::Starting}) {
    for (const std::size_t index : candidates) {
      if (targets[index].state == wanted) {
        return index;
      }
    }
  }
  return candidates.empty() ? std::nullopt : std::optional(candidates.front());
}

// What runs, or is about to because somebody asked for it already. Of a peer's model that is all
// that can be known.
bool is_active(const TargetStatus& target) {
  return target.state == State::Ready || target.state == State::Starting || target.reservations > 0;
}

/// Those active targets with the fewest reservations.
Indices least_loaded(std::span<const TargetStatus> targets, const Indices& active) {
  Indices out;
  for (const std::size_t index : active) {
    const std::size_t load = targets[index].reservations;
    if (!out.empty() && load < targets[out.front()].reservations) {
      out.clear();
    }
    if (out.empty() || load == targets[out.front()].reservations) {
      out.push_back(index);
    }
  }
  return out;
}

std::optional<std::size_t> spilled(std::span<const TargetStatus> targets, const Indices& candidates,
                                   std::size_t spillover, std::size_t rotation) {
  Indices active;
  std::optional<std::size_t> first_cold;
  for (const std::size_t index : candidates) {
    if (targets[index].state == State::Stopping) {
      continue;
    }
    if (is_active(targets[index])) {
      active.push_back(index);
    } else if (!first_cold) {
      first_cold = index;
    }
  }
  const Indices least = least_loaded(targets, active);
  const bool has_room = !least.empty() && targets[least.front()].reservations < spillover;
  if (least.empty() || (!has_room && first_cold)) {
    return first_cold;
  }
  return least[rotation % least.size()];
}

}  // namespace

std::optional<std::size_t> choose_target(SelectorStrategy strategy, int spillover,
                                         std::span<const TargetStatus> targets,
                                         std::size_t rotation) {
  if (strategy == SelectorStrategy::Pin) {
    return targets.empty() || targets.front().tried ? std::nullopt : std::optional<std::size_t>(0);
  }
  for (const bool cooling_down : {false, true}) {
    const Indices candidates = untried(targets, cooling_down);
    const auto chosen = strategy == SelectorStrategy::Warm
                            ? warmest(targets, candidates)
                            : spilled(targets, candidates,
                                      static_cast<std::size_t>(std::max(spillover, 1)), rotation);
    if (chosen) {
      return chosen;
    }
  }
  return std::nullopt;
}

}  // namespace llmsnap
