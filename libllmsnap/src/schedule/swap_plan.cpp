#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "schedule/planner_impl.h"

namespace llmsnap::schedule {
namespace {

bool holds(const std::vector<Instance>& list, Instance instance) {
  return std::find(list.begin(), list.end(), instance) != list.end();
}

}  // namespace

/// What follows from the state as it is, whatever event led to it: so that no decision rests on a
/// wish that has changed since. Order: who leaves the queues; who must go; who goes, stays, starts.
void Planner::Impl::plan() {
  patience_ends = Time::max();
  if (shutting_down) {
    return;
  }
  expire();
  for (Slot& slot : slots) {
    if (!slot.has_process) {
      refuse_all_while_backing_off(slot);
    }
    if (slot.state == State::Ready && !slot.gate_open) {
      serve(slot);
    }
  }
  find_who_must_go();
  for (Slot& slot : slots) {
    if (slot.room_for || !slot.failing.empty()) {
      make_go(slot);
    } else {
      let_stay(slot);
    }
  }
}

void Planner::Impl::expire() {
  for (Slot& slot : slots) {
    while (!slot.queue.empty() && slot.queue.head().arrived + slot.spec.queue_timeout <= now) {
      const std::chrono::seconds wait = until_served(slot);
      refuse(slot.queue.take().ticket, Refusal::WaitedTooLong,
             fmt::format("{} did not become free within its queue.timeout", slot.spec.name), wait);
    }
  }
}

/// Lets the queue in, as far as the limit goes, while the gate is closed to everybody else.
void Planner::Impl::serve(Slot& slot) {
  while (const auto load = slot.queue.take(TicketQueue::Kind::Load)) {
    waiting_at.erase(load->ticket);
    effects.emplace_back(Done{load->ticket});
  }
  while (!slot.queue.empty() && slot.in_flight && *slot.in_flight < slot.spec.concurrency_limit) {
    const Ticket ticket = slot.queue.take().ticket;
    waiting_at.erase(ticket);
    effects.emplace_back(Grant{ticket, index_of(slot), slot.incarnation});
    ++*slot.in_flight;
  }
}

void Planner::Impl::find_who_must_go() {
  std::vector<Instance> targets;
  for (Slot& slot : slots) {
    slot.room_for.reset();
    slot.at_once = false;
    const bool wants_start = slot.state == State::Stopped || slot.state == State::Failed ||
                             slot.state == State::Stopping;
    if (wants_start && !slot.queue.empty()) {
      targets.push_back(index_of(slot));
    }
  }
  std::sort(targets.begin(), targets.end(),
            [this](Instance a, Instance b) { return slots[a].order() < slots[b].order(); });
  std::vector<Instance> promised;
  for (const Instance target : targets) {
    want_start(target, promised);
  }
}

std::vector<Running> Planner::Impl::running_beside(Instance target,
                                                   const std::vector<Instance>& promised) const {
  std::vector<Running> running;
  for (const Slot& slot : slots) {
    const Instance instance = index_of(slot);
    if (instance != target && (slot.occupies() || holds(promised, instance))) {
      running.push_back({instance, slot.state, slot.since});
    }
  }
  return running;
}

/// True if the start of `earlier`, which has been promised, would make `later` go again.
bool Planner::Impl::comes_first(Instance earlier, Instance later) const {
  return holds(policy(earlier, running_beside(earlier, {later}), now), later);
}

/// Starts `target`, or marks what must go first. `promised`: those before it in the queue that wait
/// on; it is added if it waits too, so that who comes later neither takes its place nor its room.
void Planner::Impl::want_start(Instance target, std::vector<Instance>& promised) {
  Slot& slot = slots[target];
  const std::vector<Instance> evicted = policy(target, running_beside(target, promised), now);
  const bool must_wait = std::any_of(promised.begin(), promised.end(), [&](Instance earlier) {
    return holds(evicted, earlier) || comes_first(earlier, target);
  });
  if (!must_wait && evicted.empty() && !slot.occupies() && start_lock_free(slot)) {
    start(slot);
    return;
  }
  promised.push_back(target);
  if (must_wait) {
    return;
  }
  const Time patience = slot.queue.head().arrived + slot.spec.max_wait;
  for (const Instance other : evicted) {
    slots[other].room_for = slots[other].room_for.value_or(target);
    slots[other].at_once = slots[other].at_once || patience <= now;
    if (slots[other].state == State::Ready && patience > now) {
      patience_ends = std::min(patience_ends, patience);
    }
  }
}

bool Planner::Impl::start_lock_free(const Slot& slot) const {
  return std::none_of(slots.begin(), slots.end(), [&slot](const Slot& other) {
    return other.state == State::Starting &&
           std::any_of(other.spec.start_locks.begin(), other.spec.start_locks.end(),
                       [&slot](std::size_t lock) {
                         return std::count(slot.spec.start_locks.begin(),
                                           slot.spec.start_locks.end(), lock) > 0;
                       });
  });
}

void Planner::Impl::start(Slot& slot) {
  slot.incarnation = slot.incarnation % LastIncarnation + 1;
  slot.has_process = slot.holds_memory = true;
  slot.in_flight.reset();
  effects.emplace_back(Spawn{index_of(slot), slot.incarnation});
  const bool asked_for = slot.queue.head().kind == TicketQueue::Kind::Load;
  enter(slot, State::Starting,
        asked_for                ? "it was asked to be loaded"
        : slot.queue.size() == 1 ? "a request waits for it"
                                 : "more than one request waits for it");
}

void Planner::Impl::make_go(Slot& slot) {
  switch (slot.state) {
    case State::Starting:
      if (slot.queue.empty()) {
        stop(slot, fmt::format("nobody waits for it any more, and {} needs its room",
                               slots[*slot.room_for].spec.name));
      }
      return;
    case State::Ready:
      if (slot.at_once || !slot.failing.empty() || slot.in_flight == 0U) {
        drain(slot);
        return;
      }
      let_stay(slot);
      if (slot.gate_open && !slot.idle_watched) {
        slot.idle_watched = true;
        effects.emplace_back(WatchIdle{index_of(slot), slot.incarnation});
      }
      return;
    case State::Draining:
      if (slot.in_flight == 0U || slot.since + slot.drain_limit() <= now) {
        slot.lost_turn = ++last_order;
        stop(slot, fmt::format("{}{}", why_it_goes(slot),
                               slot.in_flight == 0U
                                   ? ""
                                   : "; its requests in flight did not end within drainTimeout"));
      }
      return;
    case State::Stopping:
    case State::Stopped:
    case State::Failed:
      return;  // its exit, or its memory, is waited for
  }
}

void Planner::Impl::drain(Slot& slot) {
  slot.gate_open = false;
  slot.idle_watched = false;
  slot.in_flight.reset();
  effects.emplace_back(CloseGate{index_of(slot), slot.incarnation});
  enter(slot, State::Draining, why_it_goes(slot));
}

std::string Planner::Impl::why_it_goes(const Slot& slot) const {
  return slot.failing.empty() ? fmt::format("it makes room for {}", slots[*slot.room_for].spec.name)
                              : slot.failing;
}

/// Opens the gate of a ready instance whose queue is in, also of one that need not go any more.
void Planner::Impl::let_stay(Slot& slot) {
  if (slot.state == State::Draining) {
    enter(slot, State::Ready, "nobody waits for its room any more");
    serve(slot);
  }
  if (slot.state == State::Ready && !slot.gate_open && slot.queue.empty()) {
    slot.gate_open = true;
    effects.emplace_back(OpenGate{index_of(slot), slot.incarnation});
  }
  if (slot.gate_open) {
    slot.in_flight.reset();  // from here on only the gate knows
  }
}

}  // namespace llmsnap::schedule
