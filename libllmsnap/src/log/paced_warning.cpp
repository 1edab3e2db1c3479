#include "log/paced_warning.h"

#include <fmt/format.h>

#include <utility>

#include "log/log.h"

namespace llmsnap {

PacedWarning::PacedWarning(Log& log, std::string what, SteadyClock::duration pause)
    : log_(log), what_(std::move(what)), pause_(pause) {}

void PacedWarning::happened(std::uint64_t times) {
  if (untold_.fetch_add(times, std::memory_order_relaxed) + times == 0) {
    return;
  }
  const auto now = SteadyClock::now();
  auto quiet_until = quiet_until_.load(std::memory_order_relaxed);
  if (now < quiet_until || !quiet_until_.compare_exchange_strong(quiet_until, now + pause_)) {
    return;
  }
  tell_rest();
}

std::optional<SteadyClock::time_point> PacedWarning::due() const {
  if (untold_.load(std::memory_order_relaxed) == 0) {
    return std::nullopt;
  }
  return quiet_until_.load(std::memory_order_relaxed);
}

void PacedWarning::tell_rest() {
  if (const auto count = untold_.exchange(0, std::memory_order_relaxed); count > 0) {
    log_.warn(fmt::format("{}: {}", what_, count));
  }
}

}  // namespace llmsnap
