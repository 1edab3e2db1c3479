// How those go that must, and stay that need not.
#include <fmt/format.h>

#include <utility>

#include "schedule/planner_impl.h"

namespace llmsnap::schedule {
namespace {

std::string in_seconds(Time::duration time) {
  return fmt::format("{:.1f} s", std::chrono::duration<double>(time).count());
}

}  // namespace

void Planner::Impl::make_go(Slot& slot) {
  switch (slot.state) {
    case State::Starting:
    case State::Waking:
      if (!slot.retired.empty()) {
        stop(slot, why_it_goes(slot));
      } else if (slot.room_for && slot.eviction.cause != Cause::Limit &&
                 crew_of(slot).queue.empty() && crew_of(slot).sleeps.empty() &&
                 in_flight(crew_of(slot)) == 0) {
        stop(slot, {GoingCause::Room,
                    fmt::format("nobody waits for it any more, and {} needs its room: {}",
                                slots[*slot.room_for].spec.name, in_words(slot.eviction))});
        plan_changes = crew_of(slot).members.size() > 1;  // one that failed need not wait for it
      }
      return;
    case State::Ready:
      make_ready_one_go(slot);
      return;
    case State::Draining:
      make_drained_one_go(slot);
      return;
    case State::Asleep:
      if (!slot.retired.empty()) {
        stop(slot, why_it_goes(slot));
      }
      return;
    case State::SleepPending:
    case State::Stopping:
    case State::Stopped:
    case State::Failed:
      return;  // its sleep, its exit or its memory is waited for, or there is nothing to go
  }
}

/// For another one's sake it goes when all of its model is idle.
void Planner::Impl::make_ready_one_go(Slot& slot) {
  const bool others_are_idle = in_flight(crew_of(slot)) == slot.use.in_flight;
  const bool has_stayed = slot.free_from() <= now;
  const bool is_idle = slot.in_flight == 0U && others_are_idle;
  if (goes_by_itself(slot) || slot.at_once || (is_idle && has_stayed)) {
    drain(slot);
    return;
  }
  let_stay(slot);
  if (!has_stayed) {
    patience_ends = std::min(patience_ends, slot.free_from());
  } else if (others_are_idle || slot.use.in_flight > 0) {
    watch(slot);  // else one of the others is
  }
}

void Planner::Impl::make_drained_one_go(Slot& slot) {
  const bool is_empty = slot.in_flight == 0U;
  if (slot.in_flight && !is_empty && slot.only_for_followers && !goes_by_itself(slot)) {
    let_stay(slot);  // somebody had entered before its gate closed
    return;
  }
  if (!is_empty && slot.since + slot.drain_limit() > now) {
    return;
  }
  crew_of(slot).lost_turn = ++last_order;
  plan_changes = crew_of(slot).members.size() > 1;
  crew_of(slot).rests = !slot.room_for && slot.failing.empty();
  const bool is_asked = !crew_of(slot).sleeps.empty();
  if (is_empty && slot.may_sleep() && (is_asked || slot.sleep_pause_ends <= now)) {
    slot.failures.life_stopped(now, slot.ready_since);
    effects.emplace_back(Sleep{index_of(slot), slot.incarnation});
    enter(slot, State::SleepPending, why_it_goes(slot));
    return;
  }
  Going going = why_it_goes(slot);
  going.why += is_empty ? "" : "; its requests in flight did not end within drainTimeout";
  stop(slot, std::move(going));
}

void Planner::Impl::watch_all() {
  for (Slot& slot : slots) {
    if (slot.state == State::Ready && slot.use.in_flight > 0) {
      watch(slot);
    }
  }
}

void Planner::Impl::watch(Slot& slot) {
  if (slot.gate_open && !slot.idle_watched) {
    slot.idle_watched = true;
    effects.emplace_back(WatchIdle{index_of(slot), slot.incarnation});
  }
}

void Planner::Impl::drain(Slot& slot) {
  slot.gate_open = false;
  slot.idle_watched = false;
  slot.in_flight.reset();
  effects.emplace_back(CloseGate{index_of(slot), slot.incarnation});
  enter(slot, State::Draining, why_it_goes(slot));
}

Going Planner::Impl::why_it_goes(const Slot& slot) const {
  if (!slot.retired.empty()) {
    return {GoingCause::Config, slot.retired};
  }
  if (!slot.failing.empty()) {
    return {GoingCause::Failure, slot.failing};
  }
  if (!crew_of(slot).sleeps.empty()) {
    return {GoingCause::Sleep, "it was asked to sleep"};
  }
  const std::string idle = slot.use.in_flight > 0
                               ? fmt::format("{} in flight", slot.use.in_flight)
                               : "idle " + in_seconds(now - last_use(crew_of(slot)));
  if (!slot.room_for) {
    return {GoingCause::Idle,
            idle + (crew_of(slot).keep_alive ? ", longer than a request asked it to stay"
                                             : ", longer than its ttl")};
  }
  return {GoingCause::Room,
          fmt::format("it makes room for {}: {}, {}", slots[*slot.room_for].spec.name, idle,
                      in_words(slot.eviction))};
}

/// Opens the gate of a ready instance whose queue is in, also of one that need not go any more.
void Planner::Impl::let_stay(Slot& slot) {
  if (slot.state == State::Draining) {
    enter(slot, State::Ready, "it need not go any more");
    plan_changes = true;
    serve(crew_of(slot));
  }
  if (slot.state == State::Ready && !slot.gate_open && crew_of(slot).queue.empty()) {
    slot.gate_open = true;
    effects.emplace_back(OpenGate{index_of(slot), slot.incarnation});
  }
  if (slot.gate_open) {
    slot.in_flight.reset();  // from here on only the gate knows
    if (slot.use.in_flight > 0 && idle_until(slot) != Time::max()) {
      watch(slot);
    }
  }
  if (stops_sleeping(slot) <= now) {
    crew_of(slot).rests = true;
    stop(slot, {GoingCause::Idle,
                fmt::format("asleep for {}, its stopAfter", in_seconds(now - slot.since))});
  }
}

}  // namespace llmsnap::schedule
