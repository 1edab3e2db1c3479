// Time points and deadlines, as the whole library passes them: a deadline is a point in time, so
// that a call can hand it on to the calls it makes. Thread rule: plain values.
#pragma once

#include <chrono>

namespace llmsnap {

using SteadyClock = std::chrono::steady_clock;
using Deadline = SteadyClock::time_point;

inline constexpr Deadline NoDeadline = Deadline::max();

/// The deadline `duration` from now; a zero duration means none.
inline Deadline deadline_in(SteadyClock::duration duration) {
  return duration == SteadyClock::duration::zero() ? NoDeadline : SteadyClock::now() + duration;
}

}  // namespace llmsnap
