// Slot: what the planner knows of one instance.
// Thread rule: a plain value of the planner's. PURE.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "schedule/event.h"
#include "schedule/eviction_policy.h"
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

  Use use;                              ///< as last told
  std::optional<KeepAlive> keep_alive;  ///< instead of the ttl
  bool rests = false;  ///< it went because nobody needs it, or was sent: not brought back by itself

  bool gate_open = false;
  bool idle_watched = false;
  /// Requests in flight, as last told and counting our own grants; true while the gate is closed.
  /// Nothing between CloseGate and its answer.
  std::optional<std::size_t> in_flight;

  std::string start_failure;  ///< why a start that is being stopped has failed
  std::string retired;        ///< why it is to end for good
  bool vacant = false;        ///< and has
  std::string failing;        ///< why it must go, whoever wants it: it was found failing
  FailureRecord failures;
  TicketQueue queue;
  std::vector<Ticket> unloads;
  std::vector<Ticket> sleeps;
  /// Where it stands in the order of those that want to start, once it had to make room: behind
  /// whom it made room for, however long its own queue has waited.
  std::uint64_t lost_turn = 0;

  // Found anew in each plan.
  std::optional<Instance> room_for;  ///< it must go for this one's start
  Cause cause = Cause::Rules;        ///< why it is the one that goes,
  std::size_t choices = 1;           ///< of so many
  bool at_once = false;              ///< busy or not: the one it must go for has waited long enough

  /// How long it may drain. What fails may never end its requests: then not longer than somebody
  /// who waits for room would wait.
  std::chrono::milliseconds drain_limit() const {
    return failing.empty() ? spec.drain_timeout : std::min(spec.drain_timeout, spec.max_wait);
  }

  std::uint64_t order() const { return std::max(queue.head().order, lost_turn); }
  Time free_from() const { return ready_since + spec.min_residency; }
  Time last_use() const { return std::max(use.last_use, ready_since); }

  /// When it has been idle long enough, if nothing enters; Time::max(): never.
  Time idle_until() const {
    if (!keep_alive) {
      return spec.ttl.count() == 0 ? Time::max() : last_use() + spec.ttl;
    }
    return keep_alive->time ? last_use() + *keep_alive->time : Time::max();
  }
  /// Nobody wants it, and has not for long.
  bool is_unused(Time now) const {
    const bool serves = state == State::Ready || state == State::Draining;
    return serves && queue.empty() && use.in_flight == 0 && idle_until() <= now;
  }

  Time stops_sleeping() const {
    const bool stays = state != State::Asleep || spec.stop_after.count() == 0 || !queue.empty();
    return stays ? Time::max() : since + spec.stop_after;
  }
  /// Also where nobody needs its room.
  bool goes_by_itself(Time now) const {
    return !retired.empty() || !failing.empty() || !sleeps.empty() || is_unused(now);
  }
  bool must_go(Time now) const { return room_for || goes_by_itself(now); }
  /// What it goes for lets it keep its process.
  bool may_sleep() const { return spec.can_sleep && failing.empty() && retired.empty(); }
  bool wants_back() const {
    return !rests && retired.empty() &&
           ((spec.comes_back && (state == State::Stopped || state == State::Asleep)) ||
            ((spec.comes_back || spec.restarts) && state == State::Failed));
  }
};

}  // namespace llmsnap::schedule
