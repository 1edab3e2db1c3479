// At each change of state.
#include <algorithm>

#include "simulation/rules.h"

namespace llmsnap::test {

using namespace schedule;

/// Under a limit no more go than those who wait need; under a matrix nobody where all may be there.
void Rules::judge_eviction(Instance instance) {
  const auto& line = book_.in_line();
  if (goes_for_rules(instance) || setup_.leaves[instance] ||
      book_.instances()[instance].found_failing || book_.sleep_asked(instance) ||
      book_.idle_for_long(instance)) {
    return;
  }
  std::vector<std::size_t> all = models_in_memory_and(instance);
  for (const Instance target : line) {
    all.push_back(setup_.model_of[target]);
  }
  if (!setup_.allows(all)) {
    return;
  }
  std::size_t staying = 0;
  for (Instance other = 0; other < book_.instances().size(); ++other) {
    const InstanceEntry& entry = book_.instances()[other];
    // One whose time is over just now goes by itself, which the choice does not count on.
    const bool drains = entry.published == State::Draining && !book_.idle_for_long(other);
    const bool goes = entry.stopped || (entry.sleeping && !entry.waking()) || drains;
    staying += entry.alive && !goes ? 1 : 0;
  }
  // Who waits counts for its own room, and for that of a model it makes go in the same step.
  std::size_t largest = 1;
  for (Instance other = 0; other < book_.instances().size(); ++other) {
    largest = std::max(largest, setup_.crew(other).size());
  }
  must(setup_.most != 0 && staying + (1 + largest) * line.size() > setup_.most,
       "it makes room that nobody needs", instance);
}

/// Whoever goes for another's sake and before that one has waited long enough, is idle with all of
/// its model. So no busy one is ever the least recently used.
void Rules::judge_drain(Instance instance) {
  if (setup_.leaves[instance] || book_.instances()[instance].found_failing ||
      book_.sleep_asked(instance) || book_.idle_for_long(instance)) {
    return;
  }
  if (somebody_has_waited()) {
    return;
  }
  const InstanceEntry& entry = book_.instances()[instance];
  must(entry.use.in_flight == 0 && !book_.siblings_are_busy(instance),
       "it makes room and its model is busy", instance);
  must(entry.ready_at + setup_.specs[instance].min_residency <= book_.now(),
       "it makes room before its minResidency is over", instance);
  if (setup_.most != 0 && !setup_.matrix && !goes_for_rules(instance)) {
    judge_limit(instance);
  }
}

bool Rules::somebody_has_waited() const {
  const auto& line = book_.in_line();
  return std::any_of(line.begin(), line.end(), [this](Instance target) {
    const Ticket oldest = book_.oldest_wanting(target);
    return !book_.is_follower(target) &&
           book_.ticket(oldest).arrived + setup_.specs[target].max_wait <= book_.now();
  });
}

/// Somebody waits who may not be there beside it, whatever the limit.
bool Rules::goes_for_rules(Instance instance) const {
  const auto& line = book_.in_line();
  return std::any_of(line.begin(), line.end(),
                     [&](Instance target) { return setup_.evicts(target, instance); });
}

/// The limit takes the model that was used least recently of those that are idle and whole.
void Rules::judge_limit(Instance instance) {
  const auto last_use_of = [this](Instance one) {
    Time last = Time::min();
    for (const Instance member : setup_.crew(one)) {
      const InstanceEntry& entry = book_.instances()[member];
      last = entry.lives_in_memory > 0 ? std::max(last, entry.last_use()) : last;
    }
    return last;
  };
  // One that is watched may be about to go too.
  const auto may_go = [this](const InstanceEntry& entry, Instance one) {
    return entry.published == State::Ready && entry.use.in_flight == 0 && !gates_[one].watched &&
           gates_[one].hints_pending == 0 &&
           entry.ready_at + setup_.specs[one].min_residency <= book_.now();
  };
  for (Instance other = 0; other < book_.instances().size(); ++other) {
    const bool all_may_go =
        !setup_.vacant[other] && setup_.crew_of[other] != setup_.crew_of[instance] &&
        book_.oldest_wanting(other) == 0 &&
        !book_.any_of_crew(
            other, [&](const InstanceEntry& entry, Instance one) { return !may_go(entry, one); });
    must(!all_may_go || last_use_of(other) >= last_use_of(instance),
         "it makes room for a limit, and another was used less recently", instance);
  }
}

void Rules::judge(const Publish& effect) {
  if (effect.instance >= book_.instances().size()) {
    must(false, "there is no such instance", effect.instance);
    return;
  }
  const auto may_follow = [](State from, State to) {
    switch (from) {
      case State::Stopped:
        return to == State::Starting;
      case State::Failed:
        return to == State::Starting || to == State::Stopped;
      case State::Starting:
        return to == State::Ready || to == State::Stopping || to == State::Failed;
      case State::Ready:
        return to == State::Draining || to == State::Stopping || to == State::Failed ||
               to == State::Stopped;
      case State::Draining:
        return to == State::Ready || to == State::Stopping || to == State::Failed ||
               to == State::Stopped || to == State::SleepPending;
      case State::SleepPending:
        return to == State::Asleep || to == State::Stopping || to == State::Failed;
      case State::Asleep:
        return to == State::Waking || to == State::Stopping || to == State::Failed;
      case State::Waking:
        return to == State::Ready || to == State::Stopping || to == State::Failed;
      case State::Stopping:
        return to == State::Stopped || to == State::Failed;
    }
    return false;
  };
  must(book_.instances()[effect.instance].published == effect.from,
       "a change of state begins where the last one did not end", effect.instance);
  must(may_follow(effect.from, effect.to), "one state may not follow the other", effect.instance);
  const bool goes = effect.to == State::Draining || effect.to == State::SleepPending ||
                    effect.to == State::Stopping;
  must(effect.cause.has_value() == goes, "what goes has a cause, and nothing else has",
       effect.instance);
  if (effect.from == State::Draining && effect.to == State::Ready) {
    came_back_ = effect.instance;
  }
  if (effect.to == State::Draining) {
    judge_drain(effect.instance);
  }
  if (effect.to == State::Draining && (setup_.most != 0 || setup_.matrix)) {
    judge_eviction(effect.instance);
  }
}

}  // namespace llmsnap::test
