// How those stand that wait. Nothing here changes anything.
#include <algorithm>

#include "schedule/planner_impl.h"

namespace llmsnap::schedule {

std::optional<Standing> Planner::standing(Ticket ticket, Time now) const {
  const auto found = impl_->waiting_at.find(ticket);
  if (found == impl_->waiting_at.end()) {
    return std::nullopt;
  }
  return impl_->standing(found->second, ticket, now);
}

Standing Planner::Impl::standing(Instance instance, Ticket ticket, Time as_of) const {
  const Slot& slot = slots[instance];
  Standing standing;
  standing.state = slot.state;
  standing.in_state = as_of - slot.since;
  standing.expected = slot.load_time;
  if (!is_in_line(slot)) {
    return standing;
  }
  standing.place = 1 + slot.queue.before(ticket);
  for (const Slot& other : slots) {
    if (&other != &slot && is_in_line(other) && goes_before(other, slot)) {
      standing.place += other.queue.size();
    }
    if (standing.in_the_way.empty() && other.room_for == instance) {
      standing.in_the_way = other.spec.name;
      standing.in_flight = other.use.in_flight;
    }
  }
  return standing;
}

}  // namespace llmsnap::schedule
