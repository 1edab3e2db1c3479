// What holds of the instances of one model together.
#include <algorithm>
#include <utility>

#include "schedule/planner_impl.h"

namespace llmsnap::schedule {

std::size_t Planner::Impl::in_flight(const Crew& crew) const {
  std::size_t sum = 0;
  for (const Instance member : crew.members) {
    sum += slots[member].use.in_flight;
  }
  return sum;
}

Time Planner::Impl::last_use(const Crew& crew) const {
  Time last = Time::min();
  for (const Instance member : crew.members) {
    last = std::max(last, slots[member].last_use());
  }
  return last;
}

/// When the model has been idle long enough, if nothing enters; Time::max(): never.
Time Planner::Impl::idle_until(const Slot& slot) const {
  const Crew& crew = crew_of(slot);
  if (!crew.keep_alive) {
    return slot.spec.ttl.count() == 0 ? Time::max() : last_use(crew) + slot.spec.ttl;
  }
  return crew.keep_alive->time ? last_use(crew) + *crew.keep_alive->time : Time::max();
}

/// Others of its model are on their way.
bool Planner::Impl::others_come(const Slot& slot) const {
  return any_other(slot, [](const Slot& other) { return other.is_on_its_way(); });
}

/// Nobody wants it, and has not for long. While others come it stays: they go together.
bool Planner::Impl::is_unused(const Slot& slot) const {
  const Crew& crew = crew_of(slot);
  return slot.serves() && !others_come(slot) && crew.queue.empty() && in_flight(crew) == 0 &&
         idle_until(slot) <= now;
}

/// Also where nobody needs its room.
bool Planner::Impl::goes_by_itself(const Slot& slot) const {
  return !slot.retired.empty() || !slot.failing.empty() || !crew_of(slot).sleeps.empty() ||
         is_unused(slot);
}

Time Planner::Impl::stops_sleeping(const Slot& slot) const {
  const bool stays = slot.state != State::Asleep || slot.spec.stop_after.count() == 0 ||
                     !crew_of(slot).queue.empty() || crew_of(slot).is_sent_away() || follows(slot);
  return stays ? Time::max() : slot.since + slot.spec.stop_after;
}

bool Planner::Impl::wants_back(const Slot& slot) const {
  const InstanceSpec& spec = slot.spec;
  return !crew_of(slot).rests && slot.retired.empty() &&
         ((spec.comes_back && (slot.state == State::Stopped || slot.state == State::Asleep)) ||
          ((spec.comes_back || spec.restarts) && slot.state == State::Failed));
}

/// Others of its model are up and stay: it should be too.
bool Planner::Impl::follows(const Slot& slot) const {
  const bool is_down =
      slot.state == State::Stopped || slot.state == State::Failed || slot.state == State::Asleep;
  return is_down && slot.retired.empty() && !crew_of(slot).is_sent_away() &&
         any_other(slot, [this](const Slot& other) {
           return other.is_up() && other.retired.empty() && other.failing.empty() &&
                  !is_unused(other);
         });
}

/// Nobody waits for this one: another of its model is up (or would be, if nobody needed its room),
/// or comes before it.
bool Planner::Impl::is_follower(const Slot& slot) const {
  const auto rank = [this](const Slot& one) {
    const bool ends_first = one.state == State::Stopping || one.state == State::SleepPending;
    return std::pair(ends_first, index_of(one));
  };
  return crew_of(slot).queue.empty() || any_other(slot, [&](const Slot& other) {
           return other.is_up() || other.state == State::Draining ||
                  (is_in_line(other) && rank(other) < rank(slot));
         });
}

/// One that has failed is tried again beside others once these are ready, or are gone too: who
/// waits for the first start of all hears of its failure.
bool Planner::Impl::waits_for_back_off(const Slot& slot) const {
  return slot.backs_off(now) ||
         (slot.state == State::Failed && any_other(slot, [this](const Slot& other) {
            return other.is_on_its_way() && other.begun_in != event_number;
          }));
}

/// The one with an open gate that has the least to do; null if none has room.
Slot* Planner::Impl::open_member(Crew& crew) {
  Slot* best = nullptr;
  for (const Instance member : crew.members) {
    Slot& slot = slots[member];
    if (slot.gate_open && !is_full(slot) &&
        (best == nullptr || slot.use.in_flight < best->use.in_flight)) {
      best = &slot;
    }
  }
  return best;
}

bool Planner::Impl::is_full(const Slot& slot) const {
  const std::optional<std::size_t> in_flight = slot.gate_open ? slot.use.in_flight : slot.in_flight;
  return slot.state == State::Ready && in_flight >= slot.spec.concurrency_limit;
}

/// All that are ready are full, and none is to come.
bool Planner::Impl::is_at_limit(const Crew& crew) const {
  return any_of(crew, [this](const Slot& slot) { return is_full(slot); }) &&
         !any_of(crew, [this](const Slot& slot) { return !is_full(slot) && !slot.backs_off(now); });
}

bool Planner::Impl::all_back_off(const Crew& crew) const {
  return !any_of(crew, [this](const Slot& slot) { return !slot.backs_off(now); });
}

/// The one that is ready, or will be first.
const Slot& Planner::Impl::foremost(const Crew& crew) const {
  const auto distance = [this](Instance member) {
    const Slot& slot = slots[member];
    return slot.state == State::Ready ? 0 : slot.is_up() ? 1 : slot.backs_off(now) ? 3 : 2;
  };
  return slots[*std::min_element(
      crew.members.begin(), crew.members.end(),
      [&distance](Instance a, Instance b) { return distance(a) < distance(b); })];
}

/// Who takes the next of the queue: the one with the least to do, and of those that have the same
/// the next one after who took the last.
Slot* Planner::Impl::next_to_serve(Crew& crew) {
  Slot* best = nullptr;
  const auto turn = [&crew](Instance member) { return member > crew.last_served ? 0 : 1; };
  for (const Instance member : crew.members) {
    Slot& slot = slots[member];
    if (slot.state != State::Ready || slot.gate_open || !slot.in_flight || is_full(slot) ||
        !slot.failing.empty()) {
      continue;
    }
    if (best == nullptr || *slot.in_flight < *best->in_flight ||
        (*slot.in_flight == *best->in_flight && turn(member) < turn(index_of(*best)))) {
      best = &slot;
    }
  }
  return best;
}

/// Lets the queue in, as far as the limits go, while the gates are closed to everybody else.
void Planner::Impl::serve(Crew& crew) {
  const bool is_ready = any_of(crew, [](const Slot& slot) { return slot.state == State::Ready; });
  while (const auto load = is_ready ? crew.queue.take(TicketQueue::Kind::Load) : std::nullopt) {
    waiting_at.erase(load->ticket);
    effects.emplace_back(Done{load->ticket});
  }
  while (Slot* slot = crew.queue.empty() ? nullptr : next_to_serve(crew)) {
    const Ticket ticket = crew.queue.take().ticket;
    waiting_at.erase(ticket);
    effects.emplace_back(Grant{ticket, index_of(*slot), slot->incarnation});
    ++*slot->in_flight;
    crew.last_served = index_of(*slot);
  }
}

}  // namespace llmsnap::schedule
