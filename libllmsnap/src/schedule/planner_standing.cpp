// How those stand that wait. Nothing here changes anything.
#include <algorithm>

#include "schedule/planner_impl.h"

namespace llmsnap::schedule {

std::optional<Standing> Planner::standing(Ticket ticket, const std::vector<Use>& uses) const {
  const auto found = impl_->waiting_at.find(ticket);
  if (found == impl_->waiting_at.end()) {
    return std::nullopt;
  }
  return impl_->standing(found->second, ticket, uses);
}

Standing Planner::Impl::standing(Instance instance, Ticket ticket,
                                 const std::vector<Use>& uses) const {
  const Crew& crew = crew_of(slots[instance]);
  const Slot& slot = foremost(crew);
  Standing standing;
  standing.state = slot.state;
  if (slot.state == State::Starting) {
    standing.expected = slot.load_time;
  }
  if (!is_in_line(slot)) {
    return standing;
  }
  standing.place = 1 + crew.queue.before(ticket);
  for (const Crew& other : crews) {
    if (&other != &crew && !other.queue.empty() && is_in_line(foremost(other)) &&
        goes_before(foremost(other), slot)) {
      standing.place += other.queue.size();
    }
  }
  const auto in_the_way = std::find_if(slots.begin(), slots.end(), [&](const Slot& other) {
    return other.room_for && crew_of(slots[*other.room_for]).members == crew.members;
  });
  if (in_the_way != slots.end()) {
    standing.in_the_way = in_the_way->spec.name;
    for (const Instance member : crew_of(*in_the_way).members) {
      standing.in_flight += member < uses.size() ? uses[member].in_flight : 0;
    }
  }
  return standing;
}

}  // namespace llmsnap::schedule
