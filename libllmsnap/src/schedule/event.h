// Event: what the planner is told. Thread rule: plain values.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "schedule/keep_alive.h"
#include "schedule/state.h"

namespace llmsnap::schedule {

// Of requests and operators' wishes `instance` is any one of the model's: they concern all.

/// A request found the gate closed and waits. Answered once: Grant or Refuse, unless it cancels.
struct RequestArrived {
  Ticket ticket;
  Instance instance;
  /// When it began to wait, where it has waited for another one before: its queue.timeout counts
  /// from then. Absent: now.
  std::optional<Time> since = {};
};
/// An operator wants it ready: forgives earlier failures. Answered once: Done (ready) or Refuse.
struct LoadAsked {
  Ticket ticket;
  Instance instance;
};
/// An operator wants it to sleep as soon as its requests have ended. Answered once: Done (asleep)
/// or Refuse.
struct SleepAsked {
  Ticket ticket;
  Instance instance;
};
/// A request names how long the instance shall stay once it is idle; until another one does.
struct KeepAliveAsked {
  Instance instance;
  KeepAlive keep_alive;
};
/// An operator wants it stopped now; what waits for it is refused. Answered once: Done.
struct UnloadAsked {
  Ticket ticket;
  Instance instance;
};
/// The client or operator behind the ticket left; no answer goes to it any more. A ticket that has
/// been answered is ignored.
struct TicketCancelled {
  Ticket ticket;
};

/// The config of its model has changed or is gone: what waits for it is refused as Superseded, and
/// all instances of it go.
struct Retired {
  Instance instance;
  std::string why;
};

struct ProbePassed {
  Instance instance;
  Incarnation incarnation;
};
/// The health deadline has passed.
struct ProbeGaveUp {
  Instance instance;
  Incarnation incarnation;
  std::string why;
};
/// The process has ended, or could not be spawned at all. Its leftovers are swept.
struct ChildExited {
  Instance instance;
  Incarnation incarnation;
  std::string why;
};
/// Follows every ChildExited: the memory of that process is free again. Until then nothing starts
/// that must not share memory with it.
struct MemoryReleased {
  Instance instance;
  Incarnation incarnation;
};
/// Its sleep steps have succeeded, and as far as it can be asked it says that it sleeps: its memory
/// is free.
struct FellAsleep {
  Instance instance;
  Incarnation incarnation;
};
/// It did not fall asleep as it should: what it holds is not known.
struct SleepFailed {
  Instance instance;
  Incarnation incarnation;
  std::string why;
};
/// It did not wake as it should. (If it did, ProbePassed tells.)
struct WakeFailed {
  Instance instance;
  Incarnation incarnation;
  std::string why;
};
/// It is ready and does not serve: several answers in a row failed, and so did a request of ours.
struct FoundFailing {
  Instance instance;
  Incarnation incarnation;
  std::string why;
};
/// How many requests are in flight, read from the gate just now: the answer to CloseGate, and told
/// again whenever a request ends at a gate that is closed, or ended as the last at a watched one.
struct InFlight {
  Instance instance;
  Incarnation incarnation;
  std::size_t count;
};
/// Nothing but time: next_deadline has come.
struct TimePassed {};
/// No request will be granted any more; every process is to stop now.
struct ShutdownBegun {};

/// How an instance is used, as read from its gate at the time of the event: it may have changed
/// since.
struct Use {
  std::size_t in_flight = 0;
  Time last_use = Time::min();  ///< when the last request ended
};

struct Event {
  Time now;  ///< never earlier than that of the event before
  std::variant<RequestArrived, LoadAsked, SleepAsked, KeepAliveAsked, UnloadAsked, Retired,
               TicketCancelled, ProbePassed, ProbeGaveUp, FellAsleep, SleepFailed, WakeFailed,
               ChildExited, MemoryReleased, FoundFailing, InFlight, TimePassed, ShutdownBegun>
      what;
  std::vector<Use> uses = {};  ///< by instance; empty: as in the event before
};

}  // namespace llmsnap::schedule
