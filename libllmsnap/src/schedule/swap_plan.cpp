#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "schedule/planner_impl.h"

namespace llmsnap::schedule {
namespace {

bool holds(const std::vector<Instance>& list, Instance instance) {
  return std::find(list.begin(), list.end(), instance) != list.end();
}

std::string in_seconds(Time::duration time) {
  return fmt::format("{:.1f} s", std::chrono::duration<double>(time).count());
}

}  // namespace

/// What follows from the state as it is, whatever event led to it: so that no decision rests on a
/// wish that has changed since. Order: who leaves the queues; who must go; who goes, stays, starts.
void Planner::Impl::plan() {
  patience_ends = Time::max();
  watches_all = false;
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
    if (slot.must_go(now)) {
      make_go(slot);
    } else {
      let_stay(slot);
    }
  }
  if (watches_all) {
    watch_all();
  }
  vacate_retired();
}

void Planner::Impl::vacate_retired() {
  for (Slot& slot : slots) {
    if (!slot.retired.empty() && !slot.vacant && !slot.has_process && !slot.holds_memory) {
      slot.vacant = true;
      effects.emplace_back(Vacated{index_of(slot)});
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

bool Planner::Impl::goes_before(const Slot& one, const Slot& other) const {
  const auto has_waited = [this](const Slot& slot) {
    return slot.queue.head().arrived + slot.spec.max_wait <= now;
  };
  if (has_waited(one) != has_waited(other)) {
    return has_waited(one);
  }
  if (!has_waited(one) && one.spec.priority != other.spec.priority) {
    return one.spec.priority > other.spec.priority;
  }
  return one.order() < other.order();
}

/// Somebody waits for it, and it cannot serve before it has begun.
bool Planner::Impl::is_in_line(const Slot& slot) const {
  const bool wants_begin = slot.state == State::Stopped || slot.state == State::Failed ||
                           slot.state == State::Stopping || slot.state == State::SleepPending ||
                           slot.state == State::Asleep;
  return wants_begin && !slot.queue.empty();
}

/// First the one whose turn it is.
std::vector<Instance> Planner::Impl::in_line() {
  std::vector<Instance> targets;
  for (Slot& slot : slots) {
    if (is_in_line(slot)) {
      targets.push_back(index_of(slot));
    }
  }
  std::sort(targets.begin(), targets.end(),
            [this](Instance a, Instance b) { return goes_before(slots[a], slots[b]); });
  return targets;
}

void Planner::Impl::find_who_must_go() {
  for (Slot& slot : slots) {
    slot.room_for.reset();
    slot.at_once = false;
  }
  const std::vector<Instance> targets = in_line();
  std::vector<Instance> promised;
  for (const Instance target : targets) {
    want_start(target, promised);
  }
  if (targets.empty()) {
    bring_back();
  }
}

std::vector<Running> Planner::Impl::running_beside(Instance target,
                                                   const std::vector<Instance>& promised) const {
  std::vector<Running> running;
  for (const Slot& slot : slots) {
    const Instance instance = index_of(slot);
    if (instance != target && (slot.holds_memory || holds(promised, instance))) {
      running.push_back({instance, slot.state, slot.last_use(), slot.use.in_flight,
                         slot.free_from(), !slot.holds_memory});
    }
  }
  return running;
}

/// True if the start of `earlier`, which has been promised, would make `later` go again.
bool Planner::Impl::comes_first(Instance earlier, Instance later) const {
  return is_evicted(policy(earlier, running_beside(earlier, {later}), now), later);
}

/// Starts or wakes `target`, or marks what must go first. `promised`: those before it in the queue
/// that wait on; it is added if it waits too, so that who comes later neither takes its place nor
/// its room.
void Planner::Impl::want_start(Instance target, std::vector<Instance>& promised) {
  Slot& slot = slots[target];
  const std::vector<Eviction> evicted = policy(target, running_beside(target, promised), now);
  const bool must_wait = std::any_of(promised.begin(), promised.end(), [&](Instance earlier) {
    return is_evicted(evicted, earlier) || comes_first(earlier, target);
  });
  if (!must_wait && evicted.empty() && can_begin(slot)) {
    const bool asked_for = slot.queue.head().kind == TicketQueue::Kind::Load;
    begin(slot, asked_for                ? "it was asked to be loaded"
                : slot.queue.size() == 1 ? "a request waits for it"
                                         : "more than one request waits for it");
    return;
  }
  promised.push_back(target);
  const Time patience = slot.queue.head().arrived + slot.spec.max_wait;
  if (patience > now) {
    patience_ends = std::min(patience_ends, patience);
  }
  if (must_wait) {
    return;
  }
  for (const Eviction& eviction : evicted) {
    Slot& other = slots[eviction.instance];
    if (!other.room_for) {
      other.room_for = target;
      other.cause = eviction.cause;
      other.choices = eviction.choices;
    }
    other.at_once = other.at_once || patience <= now;
    // Whoever becomes idle first may be the one that goes.
    watches_all |= eviction.cause == Cause::Limit && other.state == State::Ready;
  }
}

bool Planner::Impl::start_lock_free(const Slot& slot) const {
  return std::none_of(slots.begin(), slots.end(), [&slot](const Slot& other) {
    return (other.state == State::Starting || other.state == State::Waking) &&
           std::any_of(other.spec.start_locks.begin(), other.spec.start_locks.end(),
                       [&slot](std::size_t lock) {
                         return std::count(slot.spec.start_locks.begin(),
                                           slot.spec.start_locks.end(), lock) > 0;
                       });
  });
}

bool Planner::Impl::can_begin(const Slot& slot) const {
  const bool has_end = slot.state == State::Stopped || slot.state == State::Failed;
  return ((has_end && !slot.holds_memory) || slot.state == State::Asleep) && start_lock_free(slot);
}

/// Starts it, or wakes it if it sleeps.
void Planner::Impl::begin(Slot& slot, const std::string& why) {
  slot.holds_memory = true;
  slot.rests = false;
  slot.in_flight.reset();
  if (slot.state == State::Asleep) {
    effects.emplace_back(Wake{index_of(slot), slot.incarnation});
    enter(slot, State::Waking, why);
    return;
  }
  slot.incarnation = slot.incarnation % LastIncarnation + 1;
  slot.has_process = true;
  effects.emplace_back(Spawn{index_of(slot), slot.incarnation});
  enter(slot, State::Starting, why);
}

/// Nobody waits for anything that does not run: what shall be there by itself may begin, as far as
/// nothing has to go for it.
void Planner::Impl::bring_back() {
  for (Slot& slot : slots) {
    if (slot.wants_back() && slot.sleeps.empty() && !slot.failures.backing_off(now) &&
        can_begin(slot) &&
        policy(index_of(slot), running_beside(index_of(slot), {}), now).empty()) {
      begin(slot, slot.state == State::Failed ? "it failed and shall run again"
                                              : "nothing else needs its room");
    }
  }
}

void Planner::Impl::make_go(Slot& slot) {
  switch (slot.state) {
    case State::Starting:
    case State::Waking:
      if (!slot.retired.empty()) {
        stop(slot, slot.retired);
      } else if (slot.room_for && slot.queue.empty() && slot.sleeps.empty()) {
        stop(slot, fmt::format("nobody waits for it any more, and {} needs its room",
                               slots[*slot.room_for].spec.name));
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
        stop(slot, slot.retired);
      }
      return;
    case State::SleepPending:
    case State::Stopping:
    case State::Stopped:
    case State::Failed:
      return;  // its sleep, its exit or its memory is waited for, or there is nothing to go
  }
}

void Planner::Impl::make_ready_one_go(Slot& slot) {
  const bool has_stayed = slot.free_from() <= now;
  if (slot.goes_by_itself(now) || slot.at_once || (slot.in_flight == 0U && has_stayed)) {
    drain(slot);
    return;
  }
  let_stay(slot);
  if (has_stayed) {
    watch(slot);
  } else {
    patience_ends = std::min(patience_ends, slot.free_from());
  }
}

void Planner::Impl::make_drained_one_go(Slot& slot) {
  const bool is_empty = slot.in_flight == 0U;
  if (!is_empty && slot.since + slot.drain_limit() > now) {
    return;
  }
  slot.lost_turn = ++last_order;
  slot.rests = !slot.room_for && slot.failing.empty();
  if (is_empty && slot.may_sleep()) {
    slot.failures.life_stopped(now, slot.ready_since);
    effects.emplace_back(Sleep{index_of(slot), slot.incarnation});
    enter(slot, State::SleepPending, why_it_goes(slot));
    return;
  }
  stop(slot,
       fmt::format("{}{}", why_it_goes(slot),
                   is_empty ? "" : "; its requests in flight did not end within drainTimeout"));
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

std::string Planner::Impl::why_it_goes(const Slot& slot) const {
  if (!slot.retired.empty()) {
    return slot.retired;
  }
  if (!slot.failing.empty()) {
    return slot.failing;
  }
  if (!slot.sleeps.empty()) {
    return "it was asked to sleep";
  }
  const std::string idle = slot.use.in_flight > 0 ? fmt::format("{} in flight", slot.use.in_flight)
                                                  : "idle " + in_seconds(now - slot.last_use());
  if (!slot.room_for) {
    return idle +
           (slot.keep_alive ? ", longer than a request asked it to stay" : ", longer than its ttl");
  }
  return fmt::format(
      "it makes room for {}: {}{}", slots[*slot.room_for].spec.name, idle,
      slot.cause == Cause::Limit ? fmt::format(", least recently used of {}", slot.choices) : "");
}

/// Opens the gate of a ready instance whose queue is in, also of one that need not go any more.
void Planner::Impl::let_stay(Slot& slot) {
  if (slot.state == State::Draining) {
    enter(slot, State::Ready, "it need not go any more");
    serve(slot);
  }
  if (slot.state == State::Ready && !slot.gate_open && slot.queue.empty()) {
    slot.gate_open = true;
    effects.emplace_back(OpenGate{index_of(slot), slot.incarnation});
  }
  if (slot.gate_open) {
    slot.in_flight.reset();  // from here on only the gate knows
    if (slot.use.in_flight > 0 && slot.idle_until() != Time::max()) {
      watch(slot);
    }
  }
  if (slot.stops_sleeping() <= now) {
    slot.rests = true;
    stop(slot, fmt::format("asleep for {}, its stopAfter", in_seconds(now - slot.since)));
  }
}

}  // namespace llmsnap::schedule
