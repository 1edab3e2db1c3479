// PacedWarning: one warning for what may happen often: a line now and then, with how often it did.
// Thread rule: any thread; no lock of its own.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"

namespace llmsnap {

class Log;

class PacedWarning {
 public:
  /// A line is `what: count`; between two there is at least `pause`. The log must outlive this.
  PacedWarning(Log& log, std::string what, SteadyClock::duration pause);
  PacedWarning(const PacedWarning&) = delete;
  PacedWarning& operator=(const PacedWarning&) = delete;

  /// It happened so many times more. What may not be told yet is part of a later line's count; with
  /// 0 times, what was kept back is told if it may be by now.
  void happened(std::uint64_t times);

  /// When happened(0) will say what was kept back; nothing: nothing was.
  std::optional<SteadyClock::time_point> due() const;

  /// Says what was kept back, pause or not: before the end.
  void tell_rest();

 private:
  Log& log_;
  const std::string what_;
  const SteadyClock::duration pause_;
  std::atomic<std::uint64_t> untold_{0};
  std::atomic<SteadyClock::time_point> quiet_until_{SteadyClock::time_point::min()};
};

}  // namespace llmsnap
