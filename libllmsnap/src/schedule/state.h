// State: where an instance of a model stands in its life, and the numbers that name instances,
// lives and waiting requests. Thread rule: plain values.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "llmsnap/model_state.h"

namespace llmsnap::schedule {

using Time = SteadyClock::time_point;

/// One process slot of a model; counts from 0 in the order of add_instance.
using Instance = std::uint32_t;
/// One life of an instance's process; counts from 1. News of an earlier life is ignored.
using Incarnation = std::uint32_t;
/// The one after it is 1 again: more do not fit into a gate's word.
inline constexpr Incarnation LastIncarnation = (1U << 20U) - 1;
/// One request or operator that waits for an answer; chosen by the caller, never used twice.
using Ticket = std::uint64_t;

/// Starting: ProbePassed has not come. Ready: the gate is open, or lets the queue in first.
/// Draining: the gate is closed for a stop, which may be called off. Stopping: ChildExited has not
/// come.
using State = ModelState;

}  // namespace llmsnap::schedule
