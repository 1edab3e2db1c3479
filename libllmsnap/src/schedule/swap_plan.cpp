#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "schedule/planner_impl.h"

namespace llmsnap::schedule {
namespace {

/// Of who only follows.
constexpr Time Forever = Time::max();

bool holds(const std::vector<Instance>& list, Instance instance) {
  return std::find(list.begin(), list.end(), instance) != list.end();
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
  for (Crew& crew : crews) {
    if (!any_of(crew, [](const Slot& slot) { return slot.has_process; })) {
      refuse_all_while_backing_off(crew);
    }
    serve(crew);
  }
  // A round that is not the last brings one up or loses a turn; the bound is for peace of mind.
  std::size_t rounds = slots.size() + 1;
  do {
    plan_changes = false;
    find_who_must_go();
    for (auto slot = slots.begin(); slot != slots.end() && !plan_changes; ++slot) {
      if (must_go(*slot)) {
        make_go(*slot);
      } else {
        let_stay(*slot);
      }
    }
  } while (plan_changes && --rounds > 0);
  if (watches_all) {
    watch_all();
  }
  vacate_retired();
}

void Planner::Impl::vacate_retired() {
  for (Slot& slot : slots) {
    if (!slot.retired.empty() && !slot.vacant && !slot.has_process && !slot.holds_memory) {
      slot.vacant = true;
      std::erase(crew_of(slot).members, index_of(slot));
      effects.emplace_back(Vacated{index_of(slot)});
    }
  }
}

void Planner::Impl::expire() {
  for (Crew& crew : crews) {
    while (!crew.queue.empty() && crew.queue.longest_since() + spec_of(crew).queue_timeout <= now) {
      const std::chrono::seconds wait = until_served(crew);
      refuse(crew.queue.take_longest().ticket, Refusal::WaitedTooLong,
             fmt::format("{} did not become free within its queue.timeout", spec_of(crew).name),
             wait);
    }
  }
}

bool Planner::Impl::goes_before(const Slot& one, const Slot& other) const {
  const Crew& ones = crew_of(one);
  const Crew& others = crew_of(other);
  const auto has_waited = [this](const Crew& crew) {
    return crew.queue.head().arrived + spec_of(crew).max_wait <= now;
  };
  const bool follows = is_follower(one);
  if (follows != is_follower(other)) {
    return !follows;
  }
  if (!follows && has_waited(ones) != has_waited(others)) {
    return has_waited(ones);
  }
  const bool by_priority = follows || !has_waited(ones);
  if (by_priority && one.spec.priority != other.spec.priority) {
    return one.spec.priority > other.spec.priority;
  }
  return std::pair(ones.order(), index_of(one)) < std::pair(others.order(), index_of(other));
}

/// Somebody waits for it, or it follows others, and it cannot serve before it has begun.
bool Planner::Impl::is_in_line(const Slot& slot) const {
  const bool wants_begin = slot.state == State::Stopped || slot.state == State::Failed ||
                           slot.state == State::Stopping || slot.state == State::SleepPending ||
                           slot.state == State::Asleep;
  const bool is_wanted = !crew_of(slot).queue.empty() || follows(slot);
  return wants_begin && is_wanted && !waits_for_back_off(slot) && !slot.vacant;
}

/// First the one whose turn it is.
std::vector<Instance> Planner::Impl::in_line() const {
  std::vector<Instance> targets;
  for (const Slot& slot : slots) {
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
    slot.only_for_followers = true;
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
      running.push_back({.instance = instance,
                         .model = slot.crew,
                         .state = slot.state,
                         .last_use = slot.last_use(),
                         .in_flight = slot.use.in_flight,
                         .free_from = slot.free_from(),
                         .is_promised = !slot.holds_memory,
                         .is_sibling = slot.crew == slots[target].crew});
    }
  }
  return running;
}

/// True if the start of `earlier`, which has been promised, would make `later` go again.
bool Planner::Impl::comes_first(Instance earlier, Instance later) const {
  return is_evicted(policy(earlier, running_beside(earlier, {later}), now), later);
}

bool Planner::Impl::must_wait(Instance target, const std::vector<Eviction>& evicted,
                              const std::vector<Instance>& promised) const {
  return std::any_of(promised.begin(), promised.end(), [&](Instance earlier) {
    const bool its_model_goes =
        std::any_of(evicted.begin(), evicted.end(), [&](const Eviction& eviction) {
          return slots[eviction.instance].crew == slots[earlier].crew;
        });
    return its_model_goes || comes_first(earlier, target);
  });
}

std::string Planner::Impl::why_it_begins(const Slot& slot) const {
  const TicketQueue& queue = crew_of(slot).queue;
  if (queue.empty()) {
    return "another instance of it is up";
  }
  if (queue.head().kind == TicketQueue::Kind::Load) {
    return "it was asked to be loaded";
  }
  return queue.size() == 1 ? "a request waits for it" : "more than one request waits for it";
}

/// Starts or wakes `target`, or marks what must go first. `promised`: those before it in the queue
/// that wait on; it is added if it waits too, so that who comes later neither takes its place nor
/// its room.
void Planner::Impl::want_start(Instance target, std::vector<Instance>& promised) {
  Slot& slot = slots[target];
  const std::vector<Eviction> evicted = policy(target, running_beside(target, promised), now);
  const bool waits = must_wait(target, evicted, promised);
  if (!waits && evicted.empty() && can_begin(slot)) {
    begin(slot, why_it_begins(slot));
    return;
  }
  promised.push_back(target);
  const Time patience =
      is_follower(slot) ? Forever : crew_of(slot).queue.head().arrived + slot.spec.max_wait;
  if (patience > now) {
    patience_ends = std::min(patience_ends, patience);
  }
  if (waits) {
    return;
  }
  for (const Eviction& eviction : evicted) {
    mark(eviction, target, patience);
  }
}

/// It must go for `target`, busy or not once the patience of those who wait for that has ended.
void Planner::Impl::mark(const Eviction& eviction, Instance target, Time patience) {
  Slot& slot = slots[eviction.instance];
  const bool is_stronger = slot.eviction.cause == Cause::Limit && eviction.cause != Cause::Limit;
  if (!slot.room_for || is_stronger) {
    slot.room_for = target;
    slot.eviction = eviction;
  }
  slot.at_once |= patience <= now;
  slot.only_for_followers &= patience == Forever;
  // Whoever becomes idle first may be the one that goes.
  watches_all |= eviction.cause == Cause::Limit && slot.state == State::Ready;
}

bool Planner::Impl::can_begin(const Slot& slot) const {
  const bool has_end = slot.state == State::Stopped || slot.state == State::Failed;
  return ((has_end && !slot.holds_memory) || slot.state == State::Asleep) &&
         !crew_of(slot).is_sent_away();
}

/// Starts it, or wakes it if it sleeps.
void Planner::Impl::begin(Slot& slot, const std::string& why) {
  slot.begun_in = event_number;
  slot.holds_memory = true;
  crew_of(slot).rests = false;
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

/// Who would have to go for all of its instances to be there. `promised`: who comes before it.
std::vector<Instance> Planner::Impl::in_the_way(const Crew& crew,
                                                std::vector<Instance> promised) const {
  std::vector<Instance> others;
  for (const Instance member : crew.members) {
    if (slots[member].holds_memory) {
      continue;
    }
    for (const Eviction& eviction : policy(member, running_beside(member, promised), now)) {
      others.push_back(eviction.instance);
    }
    promised.push_back(member);
  }
  return others;
}

/// Nobody waits for anything that does not run: what shall be there by itself may begin, as far as
/// nothing has to go for it.
void Planner::Impl::bring_back() {
  for (Slot& slot : slots) {
    if (!slot.vacant && wants_back(slot) && !slot.failures.backing_off(now) && can_begin(slot) &&
        in_the_way(crew_of(slot), {}).empty()) {
      begin(slot, slot.state == State::Failed ? "it failed and shall run again"
                                              : "nothing else needs its room");
      if (crew_of(slot).members.size() > 1) {
        plan_changes = true;
        return;  // they come before what else would be brought back
      }
    }
  }
}

}  // namespace llmsnap::schedule
