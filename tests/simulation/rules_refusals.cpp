// At each refusal: whether its reason holds. And at the end of a retired instance.
#include <algorithm>

#include "simulation/rules.h"

namespace llmsnap::test {

using namespace schedule;
using std::chrono::seconds;

void Rules::judge_reason(const Refuse& effect, const TicketEntry& ticket) {
  const Instance instance = ticket.instance;
  const InstanceEntry& entry = book_.instances()[instance];
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
      must(entry.ready() && entry.count_known && entry.count >= spec.concurrency_limit,
           "it is not at its concurrency limit", instance);
      break;
    case Refusal::CannotSleep:
      must(ticket.asked == Asked::Sleep, "one that did not ask is told that it cannot sleep",
           instance);
      must(!spec.can_sleep || !entry.alive || entry.stopped || entry.sleep_failed, "it could sleep",
           instance);
      break;
    case Refusal::StartFailed:
      must(failed_start_ == instance, "no start of it failed in this step", instance);
      break;
    case Refusal::BackingOff:
      must(failed_start_ != instance, "who waited for a failed start is not told so", instance);
      must(book_.backs_off(instance), "it is refused for a back-off that is over", instance);
      must(effect.retry_after > seconds(0) && effect.retry_after <= seconds(60),
           "retry_after of a back-off is out of range", instance);
      break;
    case Refusal::Unloaded:
      must(std::any_of(entry.waiting.begin(), entry.waiting.end(),
                       [&](Ticket other) { return book_.ticket(other).asked == Asked::Unload; }),
           "nobody unloads it", instance);
      break;
    case Refusal::Superseded:
      must(setup_.leaves[instance], "its config has not changed", instance);
      break;
    case Refusal::ShuttingDown:
      must(book_.shutting_down(), "there is no shutdown", instance);
      break;
  }
}

void Rules::judge(const Vacated& effect) {
  const InstanceEntry& entry = book_.instances()[effect.instance];
  must(setup_.leaves[effect.instance], "its number is vacant and nobody has retired it",
       effect.instance);
  must(!entry.vacant, "its number is vacant twice", effect.instance);
  must(!entry.alive && entry.lives_in_memory == 0, "its number is vacant and it is still there",
       effect.instance);
  must(entry.waiting.empty(), "its number is vacant and a ticket waits", effect.instance);
}

}  // namespace llmsnap::test
