// What the planner is told of processes and gates.
#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "schedule/planner_impl.h"

namespace llmsnap::schedule {
namespace {

/// A sleep may take until its timeout to fail, and each swap would wait for that.
constexpr std::chrono::minutes SleepPause{10};

std::string could_not_start(const Slot& slot, const std::string& why) {
  return fmt::format("{} could not be started: {}", slot.spec.name, why);
}

}  // namespace

void Planner::Impl::take(const ProbePassed& event) {
  Slot* slot = living(event.instance, event.incarnation);
  const bool wakes = slot != nullptr && slot->state == State::Waking;
  if (wakes || (slot != nullptr && slot->state == State::Starting)) {
    slot->ready_since = now;
    if (!wakes) {
      slot->load_time = now - slot->since;
    }
    slot->in_flight = 0;
    slot->use = {0, now};
    enter(*slot, State::Ready, "its health check succeeded");
  }
}

void Planner::Impl::take(const ProbeGaveUp& event) {
  Slot* slot = living(event.instance, event.incarnation);
  if (slot != nullptr && slot->state == State::Starting) {
    slot->start_failure = event.why;
    slot->failures.start_failed(now, event.why);
    stop(*slot, {GoingCause::Failure, event.why});
    start_failed(*slot, event.why);
  }
}

/// Who waits hears of it, unless another instance is there, or on its way.
void Planner::Impl::start_failed(Slot& slot, const std::string& why) {
  if (!any_other(slot, [](const Slot& other) { return other.lives(); })) {
    refuse_all(crew_of(slot), Refusal::StartFailed, could_not_start(slot, why));
  }
}

void Planner::Impl::take(const FellAsleep& event) {
  Slot* slot = living(event.instance, event.incarnation);
  if (slot != nullptr && slot->state == State::SleepPending) {
    slot->holds_memory = false;
    slot->sleep_pause_ends = {};
    enter(*slot, State::Asleep, "its memory is free");
    const bool all_sleep = !any_of(crew_of(*slot), [](const Slot& other) {
      return other.lives() && other.state != State::Asleep;
    });
    for (const Ticket ticket :
         all_sleep ? std::exchange(crew_of(*slot).sleeps, {}) : std::vector<Ticket>()) {
      effects.emplace_back(Done{ticket});
    }
  }
}

void Planner::Impl::take(const SleepFailed& event) {
  Slot* slot = living(event.instance, event.incarnation);
  if (slot != nullptr && slot->state == State::SleepPending) {
    const std::string why = fmt::format("it did not fall asleep: {}", event.why);
    slot->sleep_pause_ends = now + SleepPause;
    stop(*slot, {GoingCause::Failure, why});
    refuse_sleeps(crew_of(*slot), Refusal::CannotSleep,
                  fmt::format("{} was stopped instead, {}", slot->spec.name, why));
  }
}

void Planner::Impl::take(const WakeFailed& event) {
  Slot* slot = living(event.instance, event.incarnation);
  if (slot != nullptr && slot->state == State::Waking) {
    stop(*slot,
         {GoingCause::Failure, fmt::format("it did not wake and is started anew: {}", event.why)});
  }
}

void Planner::Impl::take(const ChildExited& event) {
  if (Slot* slot = living(event.instance, event.incarnation)) {
    ended(*slot, event.why);
  }
}

void Planner::Impl::ended(Slot& slot, const std::string& why) {
  const State before = slot.state;
  slot.has_process = false;
  close_gate(slot);
  if (before == State::Starting) {
    slot.failures.start_failed(now, why);
    enter(slot, State::Failed, why);  // first, so that who is refused finds it so
    start_failed(slot, why);
  } else if (!slot.start_failure.empty()) {
    enter(slot, State::Failed, std::exchange(slot.start_failure, {}));
  } else if (before == State::Stopping && !slot.failing.empty()) {
    enter(slot, State::Failed, slot.failing);
  } else if (before == State::Stopping) {
    enter(slot, State::Stopped, why);
  } else {
    // What it was good for before it slept has been counted when it fell asleep.
    const bool served = before == State::Ready || before == State::Draining;
    slot.failures.life_ended(now, served ? slot.ready_since : now, why);
    enter(slot, State::Failed, why);
  }
  slot.failing.clear();
  refuse_sleeps(crew_of(slot), Refusal::CannotSleep,
                fmt::format("{} ended: {}", slot.spec.name, why));
  tell_if_all_are_gone(crew_of(slot));
}

void Planner::Impl::tell_if_all_are_gone(Crew& crew) {
  if (any_of(crew, [](const Slot& slot) { return slot.has_process; })) {
    return;
  }
  for (const Ticket ticket : std::exchange(crew.unloads, {})) {
    effects.emplace_back(Done{ticket});
  }
}

void Planner::Impl::take(const MemoryReleased& event) {
  Slot& slot = slots[event.instance];
  if (slot.incarnation == event.incarnation && !slot.has_process) {
    slot.holds_memory = false;
  }
}

void Planner::Impl::take(const FoundFailing& event) {
  Slot* slot = living(event.instance, event.incarnation);
  if (slot != nullptr && (slot->state == State::Ready || slot->state == State::Draining)) {
    slot->failing = event.why;
  }
}

void Planner::Impl::take(const InFlight& event) {
  Slot* slot = living(event.instance, event.incarnation);
  if (slot == nullptr) {
    return;
  }
  if (!slot->gate_open) {
    slot->in_flight = event.count;
  } else if (slot->idle_watched) {
    slot->idle_watched = false;  // it was told; if somebody has entered since, the plan asks again
    if (event.count == 0) {
      slot->in_flight = 0;  // for the plan that follows at once, and only for it
    }
  }
}

void Planner::Impl::take(const TimePassed&) {}

}  // namespace llmsnap::schedule
