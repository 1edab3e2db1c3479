// Standing: how somebody who waits stands: what is in the way, and how far his model is.
// Thread rule: a plain value.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "schedule/state.h"

namespace llmsnap::schedule {

struct Standing {
  State state = State::Stopped;  ///< of what is waited for
  /// Place among all that wait for a start, 1 = the next; 0: it is on its way.
  std::size_t place = 0;
  /// Who must go first, and how many requests it still serves; empty: nobody, or not its turn.
  std::string in_the_way;
  std::size_t in_flight = 0;
  /// While it starts: how long that took the last time; nothing before the first.
  std::optional<Time::duration> expected;
};

}  // namespace llmsnap::schedule
