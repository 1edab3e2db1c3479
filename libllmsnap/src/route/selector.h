// Which target of a selector a request goes to, and which next where that one refuses.
// Thread rule: a pure function.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "llmsnap/routing_config.h"

namespace llmsnap {

/// How one target stands, at the moment of the choice.
struct TargetStatus {
  enum class State {
    Ready,
    Starting,
    Stopped,   ///< takes a start first
    Stopping,  ///< takes nobody before it has ended
    Remote     ///< a peer's model, of which nothing else is known
  };

  State state = State::Stopped;
  std::size_t reservations = 0;  ///< requests that were sent there and have not ended
  bool cooling_down = false;     ///< failed lately: not chosen while another one can be
  bool tried = false;            ///< refused this request: not chosen
};

/// The index of the target, or nothing where none is left for this request. A target that refuses
/// is marked as tried, and the next one asked for: that is the order of failover.
///
/// Pin: the first target, whatever its state; no other. Warm: the first that is ready, else the
/// first that starts, else the first. Spillover: see routing_config.h; `rotation`, which counts
/// choices, decides among equals. Targets that stop are left out.
std::optional<std::size_t> choose_target(SelectorStrategy strategy, int spillover,
                                         std::span<const TargetStatus> targets,
                                         std::size_t rotation);

}  // namespace llmsnap
