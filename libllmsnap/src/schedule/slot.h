// Slot: what the planner knows of one instance.
// Thread rule: a plain value of the planner's. PURE.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "schedule/failure_record.h"
#include "schedule/planner.h"
#include "schedule/state.h"
#include "schedule/ticket_queue.h"

namespace llmsnap::schedule {

struct Slot {
  InstanceSpec spec;
  State state = State::Stopped;
  Time since{};  ///< of that state
  Incarnation incarnation = 0;
  bool has_process = false;   ///< spawned, and its exit was not seen
  bool holds_memory = false;  ///< spawned, and not told to be released
  Time ready_since{};
  std::optional<Time::duration> load_time;  ///< of the last start that became ready

  bool gate_open = false;
  bool idle_watched = false;
  /// Requests in flight, as last told and counting our own grants; true while the gate is closed.
  /// Nothing between CloseGate and its answer.
  std::optional<std::size_t> in_flight;

  std::string start_failure;  ///< why a start that is being stopped has failed
  std::string failing;        ///< why it must go, whoever wants it: it was found failing
  FailureRecord failures;
  TicketQueue queue;
  std::vector<Ticket> unloads;
  /// Where it stands in the order of those that want to start, once it had to make room: behind
  /// whom it made room for, however long its own queue has waited.
  std::uint64_t lost_turn = 0;

  // Found anew in each plan.
  std::optional<Instance> room_for;  ///< it must go for this one's start
  bool at_once = false;              ///< busy or not: the one it must go for has waited long enough

  /// How long it may drain. What fails may never end its requests: then not longer than somebody
  /// who waits for room would wait.
  std::chrono::milliseconds drain_limit() const {
    return failing.empty() ? spec.drain_timeout : std::min(spec.drain_timeout, spec.max_wait);
  }

  bool occupies() const { return has_process || holds_memory; }
  std::uint64_t order() const { return std::max(queue.head().order, lost_turn); }
};

}  // namespace llmsnap::schedule
