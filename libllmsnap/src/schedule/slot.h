// Slot: what the planner knows of one instance; Crew: of all instances of one model.
// Thread rule: plain values of the planner's. PURE.
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

/// What all instances of one model have in common: who waits for it, and what was wished for it.
struct Crew {
  std::vector<Instance> members;
  TicketQueue queue;
  std::optional<KeepAlive> keep_alive;  ///< instead of the ttl
  bool rests = false;  ///< it went because nobody needs it, or was sent: not brought back by itself
  std::vector<Ticket> unloads;
  std::vector<Ticket> sleeps;
  /// Where it stands in the order of those that want to start, once it had to make room: behind
  /// whom it made room for, however long its own queue has waited.
  std::uint64_t lost_turn = 0;
  Instance last_served = 0;  ///< the next one comes before it where all have the same to do

  /// Somebody asked it to go, and waits until all of it has: nothing of it begins until then.
  bool is_sent_away() const { return !unloads.empty() || !sleeps.empty(); }
  std::uint64_t order() const {
    return queue.empty() ? lost_turn : std::max(queue.head().order, lost_turn);
  }
};

struct Slot {
  InstanceSpec spec;
  std::size_t crew = 0;
  State state = State::Stopped;
  Time since{};  ///< of that state
  Incarnation incarnation = 0;
  std::uint64_t begun_in = 0;  ///< the event at which it was started or woken last
  bool has_process = false;    ///< spawned, and its exit was not seen
  bool holds_memory = false;   ///< spawned, and not told to be released
  Time ready_since{};
  std::optional<Time::duration> load_time;  ///< of the last start that became ready

  Use use;  ///< as last told

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
  Time sleep_pause_ends{};  ///< its last sleep failed: until then it is stopped in its place

  // Found anew in each plan.
  std::optional<Instance> room_for;  ///< it must go for this one's start
  Eviction eviction{};               ///< the one by which it must
  bool only_for_followers = true;    ///< all it must go for only follow others: it may be busy on
  bool at_once = false;              ///< busy or not: the one it must go for has waited long enough

  /// How long it may drain. What fails may never end its requests: then not longer than somebody
  /// who waits for room would wait.
  std::chrono::milliseconds drain_limit() const {
    return failing.empty() ? spec.drain_timeout : std::min(spec.drain_timeout, spec.max_wait);
  }

  Time free_from() const { return ready_since + spec.min_residency; }
  Time last_use() const { return std::max(use.last_use, ready_since); }

  /// It has a process that is not on its way out.
  bool lives() const { return has_process && state != State::Stopping; }
  bool is_on_its_way() const { return state == State::Starting || state == State::Waking; }
  /// It is there, or will be soon without anybody's doing.
  bool is_up() const { return is_on_its_way() || state == State::Ready; }
  bool serves() const { return state == State::Ready || state == State::Draining; }
  /// Its next start must wait.
  bool backs_off(Time now) const { return !lives() && failures.backing_off(now); }
  /// What it goes for lets it keep its process.
  bool may_sleep() const { return spec.can_sleep && failing.empty() && retired.empty(); }
};

}  // namespace llmsnap::schedule
