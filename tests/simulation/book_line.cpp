// Who wants to begin, and in which order.
#include <algorithm>
#include <utility>

#include "simulation/book.h"

namespace llmsnap::test {

using namespace schedule;

bool Book::idle_for_long(Instance instance) const {
  Time last_use = Time::min();
  for (const Instance member : setup_.crew(instance)) {
    const InstanceEntry& entry = instances_[member];
    last_use = std::max({last_use, entry.use.last_use, entry.ready_at});
    const bool comes = entry.published == State::Starting || entry.published == State::Waking;
    if (entry.use.in_flight > 0 || (comes && member != instance)) {
      return false;
    }
  }
  if (const auto& keep_alive = crew(instance).keep_alive) {
    return keep_alive->time && last_use + *keep_alive->time <= now_;
  }
  const auto ttl = setup_.specs[instance].ttl;
  return ttl.count() > 0 && last_use + ttl <= now_;
}

bool Book::siblings_are_busy(Instance instance) const {
  return any_of_crew(instance, [instance](const InstanceEntry& entry, Instance member) {
    return member != instance && entry.use.in_flight > 0;
  });
}

bool Book::follows(Instance instance) const {
  const State state = instances_[instance].published;
  const bool is_down = state == State::Stopped || state == State::Failed || state == State::Asleep;
  const bool is_unused = idle_for_long(instance) && oldest_wanting(instance) == 0;
  return is_down && !setup_.leaves[instance] && count(instance, Asked::Unload) == 0 &&
         count(instance, Asked::Sleep) == 0 &&
         any_of_crew(instance, [&](const InstanceEntry& entry, Instance) {
           const bool serves = entry.published == State::Ready && !is_unused;
           return !entry.found_failing && (serves || entry.published == State::Starting ||
                                           entry.published == State::Waking);
         });
}

bool Book::is_follower(Instance instance) const {
  const auto rank = [this](Instance one) {
    const State state = instances_[one].published;
    return std::pair(state == State::Stopping || state == State::SleepPending, one);
  };
  return oldest_wanting(instance) == 0 ||
         any_of_crew(instance, [&](const InstanceEntry& entry, Instance other) {
           const bool is_up = entry.published == State::Starting ||
                              entry.published == State::Waking || entry.published == State::Ready ||
                              entry.published == State::Draining;
           return other != instance &&
                  (is_up || (wants_to_begin(other) && rank(other) < rank(instance)));
         });
}

bool Book::waits_for_back_off(Instance instance) const {
  const InstanceEntry& entry = instances_[instance];
  return (backs_off(instance) && !entry.lives()) ||
         (entry.published == State::Failed &&
          any_of_crew(instance, [this](const InstanceEntry& other, Instance) {
            return (other.starting() || other.waking()) && other.begun_in < step_;
          }));
}

bool Book::wants_to_begin(Instance instance) const {
  const InstanceEntry& entry = instances_[instance];
  const bool is_up = entry.ready() || entry.starting() || entry.waking();
  return !is_up && !entry.vacant && !waits_for_back_off(instance) &&
         (oldest_wanting(instance) != 0 || follows(instance));
}

bool Book::in_the_way(Instance other) const {
  for (Instance target = 0; target < instances_.size(); ++target) {
    // Who goes for a limit or a matrix is the policy's choice.
    const bool goes_for_it =
        setup_.evicts(target, other) || setup_.most != 0 || setup_.matrix != nullptr;
    if (setup_.crew_of[target] != setup_.crew_of[other] && goes_for_it && wants_to_begin(target)) {
      return true;
    }
  }
  return false;
}

bool Book::backs_off(Instance instance) const {
  return instances_[instance].failures != 0 && now_ < instances_[instance].retry_at;
}

std::size_t Book::turn(Instance instance) const {
  return std::max(tickets_[oldest_wanting(instance)].step * 2, crew(instance).lost_turn * 2 + 1);
}

bool Book::goes_before(Instance one, Instance other) const {
  const auto has_waited = [this](Instance instance) {
    return tickets_[oldest_wanting(instance)].arrived + setup_.specs[instance].max_wait <= now_;
  };
  const bool ones = !is_follower(one);
  if (ones == is_follower(other)) {
    return ones;
  }
  if (ones && has_waited(one) != has_waited(other)) {
    return has_waited(one);
  }
  const bool by_priority = !ones || !has_waited(one);
  if (by_priority && setup_.specs[one].priority != setup_.specs[other].priority) {
    return setup_.specs[one].priority > setup_.specs[other].priority;
  }
  return std::pair(turn(one), one) < std::pair(turn(other), other);
}

const std::vector<Instance>& Book::in_line() const {
  line_.clear();
  for (Instance instance = 0; instance < instances_.size(); ++instance) {
    if (wants_to_begin(instance)) {
      line_.push_back(instance);
    }
  }
  std::sort(line_.begin(), line_.end(),
            [this](Instance one, Instance other) { return goes_before(one, other); });
  return line_;
}

}  // namespace llmsnap::test
