// At each refusal: whether its reason holds. And at the end of a retired instance.
#include <algorithm>

#include "simulation/rules.h"

namespace llmsnap::test {

using namespace schedule;
using std::chrono::seconds;

void Rules::judge_reason(const Refuse& effect, const TicketEntry& ticket) {
  const Instance instance = ticket.instance;
  const InstanceSpec& spec = setup_.specs[instance];
  switch (effect.reason) {
    case Refusal::QueueFull:
      must(book_.wanting(instance) > spec.queue_limit, "its queue is not full", instance);
      break;
    case Refusal::WaitedTooLong:
      must(book_.now() >= ticket.arrived + spec.queue_timeout, "it has not waited too long",
           instance);
      break;
    case Refusal::AtConcurrencyLimit:
      must(is_at_limit(instance), "it is not at its concurrency limit", instance);
      break;
    case Refusal::CannotSleep:
      must(ticket.asked == Asked::Sleep, "one that did not ask is told that it cannot sleep",
           instance);
      must(!spec.can_sleep || book_.any_of_crew(instance,
                                                [](const InstanceEntry& entry, Instance) {
                                                  return !entry.lives() || entry.sleep_failed;
                                                }),
           "it could sleep", instance);
      break;
    case Refusal::StartFailed:
      must(of_failed_start(instance), "no start of it failed in this step", instance);
      break;
    case Refusal::BackingOff:
      must(!of_failed_start(instance), "who waited for a failed start is not told so", instance);
      must(all_back_off(instance), "it is refused for a back-off that is over", instance);
      must(effect.retry_after > seconds(0) && effect.retry_after <= seconds(60),
           "retry_after of a back-off is out of range", instance);
      break;
    case Refusal::Unloaded:
      must(book_.count(instance, Asked::Unload) > 0, "nobody unloads it", instance);
      break;
    case Refusal::Superseded:
      must(setup_.leaves[instance], "its config has not changed", instance);
      break;
    case Refusal::ShuttingDown:
      must(book_.shutting_down(), "there is no shutdown", instance);
      break;
  }
}

bool Rules::of_failed_start(Instance instance) const {
  return failed_start_ && setup_.crew_of[*failed_start_] == setup_.crew_of[instance];
}

bool Rules::all_back_off(Instance instance) const {
  return !book_.any_of_crew(instance, [this](const InstanceEntry& entry, Instance member) {
    return entry.lives() || !book_.backs_off(member);
  });
}

/// All that are ready are full, and no other is to come.
bool Rules::is_at_limit(Instance instance) const {
  const auto is_full = [this](const InstanceEntry& entry, Instance member) {
    const std::size_t limit = setup_.specs[member].concurrency_limit;
    return entry.ready() && (gates_[member].open ? entry.use.in_flight >= limit
                                                 : entry.count_known && entry.count >= limit);
  };
  return book_.any_of_crew(instance, is_full) &&
         !book_.any_of_crew(instance, [&](const InstanceEntry& entry, Instance member) {
           return !is_full(entry, member) && (entry.lives() || !book_.backs_off(member));
         });
}

void Rules::judge(const Vacated& effect) {
  const InstanceEntry& entry = book_.instances()[effect.instance];
  must(setup_.leaves[effect.instance], "its number is vacant and nobody has retired it",
       effect.instance);
  must(!entry.vacant, "its number is vacant twice", effect.instance);
  must(!entry.alive && entry.lives_in_memory == 0, "its number is vacant and it is still there",
       effect.instance);
  must(book_.oldest_wanting(effect.instance) == 0, "its number is vacant and a ticket waits",
       effect.instance);
}

}  // namespace llmsnap::test
