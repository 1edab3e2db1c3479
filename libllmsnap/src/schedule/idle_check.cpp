#include "schedule/idle_check.h"

#include <optional>

#include "schedule/team.h"

namespace llmsnap::schedule {

void IdleCheck::every(std::chrono::milliseconds interval) {
  if (interval == interval_) {
    return;  // reloads that come more often than checks must not put them off for ever
  }
  interval_ = interval;
  disarm();
  if (member_.gate.is_open()) {
    begin();
  }
}

void IdleCheck::begin() {
  if (interval_.count() != 0) {
    arm(SteadyClock::now() + interval_);
  }
}

void IdleCheck::expired() {
  if (!member_.gate.is_open()) {
    return;  // until it begins anew, it is on its way to somewhere else
  }
  const Time now = SteadyClock::now();
  const Time due = member_.last_use.load(std::memory_order_acquire) + interval_;
  if (due > now) {
    arm(due);
    return;
  }
  if (member_.gate.inside() == 0) {
    member_.runner->check_health();
  }
  arm(now + interval_);
}

void IdleCheck::heard(std::uint32_t incarnation, const Result<void>& said) {
  // Beside work it may have been too busy; then the answers of that work tell.
  if (member_.gate.inside(incarnation) != std::optional<std::size_t>(0)) {
    return;
  }
  if (said) {
    member_.answers.check_passed();
  } else if (member_.answers.check_failed()) {
    member_.runner->examine_health(incarnation);
  }
}

}  // namespace llmsnap::schedule
