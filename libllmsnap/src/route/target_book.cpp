#include "route/target_book.h"

namespace llmsnap::route {

std::optional<std::size_t> TargetBook::choose(SelectorStrategy strategy, int spillover,
                                              std::vector<TargetStatus> targets,
                                              SteadyClock::time_point now) {
  const MutexLock lock(mutex_);
  for (std::size_t index = 0; index < targets.size(); ++index) {
    targets[index].reservations = entries_[index].reservations;
    targets[index].cooling_down |= entries_[index].back_off.backing_off(now);
  }
  const auto chosen = choose_target(strategy, spillover, targets, rotation_);
  if (chosen) {
    ++rotation_;
    ++entries_[*chosen].reservations;
  }
  return chosen;
}

void TargetBook::leave(std::size_t target) {
  const MutexLock lock(mutex_);
  --entries_[target].reservations;
}

void TargetBook::refused(std::size_t target, SteadyClock::time_point chosen, const Refusal& refusal,
                         SteadyClock::time_point now) {
  const MutexLock lock(mutex_);
  BackOff& back_off = entries_[target].back_off;
  if (refusal.trouble == Trouble::Failing) {
    back_off.attempt_failed(chosen, now);
  } else {
    back_off.put_off(now + refusal.pause);
  }
}

void TargetBook::served(std::size_t target) {
  const MutexLock lock(mutex_);
  entries_[target].back_off.forgive();
}

}  // namespace llmsnap::route
