// Effect: what the planner wants done, in this order. Thread rule: plain values.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <variant>

#include "schedule/state.h"

namespace llmsnap::schedule {

/// Start a process and probe it: ProbePassed, ProbeGaveUp or ChildExited follow.
struct Spawn {
  Instance instance;
  Incarnation incarnation;
};
/// Tell the process to stop, and kill it when its time is over: ChildExited follows. Its requests
/// in flight, if any, are cut by this, and their clients are told why.
struct Stop {
  Instance instance;
  Incarnation incarnation;
  std::string why;
};
/// Have it give its memory back and keep its process: FellAsleep, SleepFailed or ChildExited
/// follow. Nothing is in flight.
struct Sleep {
  Instance instance;
  Incarnation incarnation;
};
/// Have it take its memory again, and probe it: ProbePassed, WakeFailed or ChildExited follow.
struct Wake {
  Instance instance;
  Incarnation incarnation;
};
/// Requests may enter without a ticket.
struct OpenGate {
  Instance instance;
  Incarnation incarnation;
};
/// Requests need a ticket. Answered with InFlight; so is each end of a request while it is closed.
struct CloseGate {
  Instance instance;
  Incarnation incarnation;
};
/// The gate stays open; InFlight follows when nothing is in flight, at once if that is so now.
/// Holds until it was told once, also of who has entered since, or the gate closes.
struct WatchIdle {
  Instance instance;
  Incarnation incarnation;
};
/// Counts as in flight from now on, taken or not: a lease that nobody takes leaves by itself.
struct Grant {
  Ticket ticket;
  Instance instance;
  Incarnation incarnation;
};
/// What an operator asked for is so.
struct Done {
  Ticket ticket;
};

enum class Refusal {
  QueueFull,
  WaitedTooLong,
  AtConcurrencyLimit,
  StartFailed,
  BackingOff,  ///< it failed lately; retry_after says when it will be tried again
  Unloaded,
  CannotSleep,  ///< it has no way to, it does not run, or it was stopped instead: why says which
  Superseded,   ///< its config has changed or is gone: ask for the model by its name again
  ShuttingDown,
};
struct Refuse {
  Ticket ticket;
  Refusal reason;
  std::string why;
  std::chrono::seconds retry_after{0};
};
/// A retired instance is gone: its number may be given to another.
struct Vacated {
  Instance instance;
};
/// For operators to see.
struct Publish {
  Instance instance;
  State from;
  State to;
  std::string why;
  std::optional<GoingCause> cause = {};  ///< as in ModelEvent
};

using Effect = std::variant<Spawn, Stop, Sleep, Wake, OpenGate, CloseGate, WatchIdle, Grant, Done,
                            Refuse, Vacated, Publish>;

}  // namespace llmsnap::schedule
