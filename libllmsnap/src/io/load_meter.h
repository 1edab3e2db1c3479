// LoadMeter: how busy a loop was lately: the share of time that it did not wait.
// Thread rule: waited on the loop's thread; permille from any thread.
#pragma once

#include <atomic>

#include "base/clock.h"

namespace llmsnap::io {

class LoadMeter {
 public:
  /// The loop waited from `begin` to `end`, and worked from the last end to `begin`.
  void waited(SteadyClock::time_point begin, SteadyClock::time_point end) {
    if (last_end_ != SteadyClock::time_point{}) {
      busy_ += begin - last_end_;
      total_ += end - last_end_;
    }
    last_end_ = end;
    if (total_ >= Window) {
      take_in();
    }
  }

  /// Of about the last second; 1000 = it never waited.
  int permille() const { return permille_.load(std::memory_order_relaxed); }

 private:
  static constexpr auto Window = std::chrono::milliseconds(50);
  /// So long that opening a thousand connections at once does not look like a load that lasts.
  static constexpr auto Memory = std::chrono::milliseconds(800);

  /// Longer windows weigh more, so that a loop that has slept is idle at once.
  void take_in() {
    const auto weighed = permille_.load(std::memory_order_relaxed) *
                         std::chrono::duration_cast<SteadyClock::duration>(Memory);
    permille_.store(static_cast<int>((weighed + 1000 * busy_) / (total_ + Memory)),
                    std::memory_order_relaxed);
    busy_ = total_ = SteadyClock::duration::zero();
  }

  SteadyClock::time_point last_end_{};
  SteadyClock::duration busy_{};
  SteadyClock::duration total_{};
  std::atomic<int> permille_{0};
};

}  // namespace llmsnap::io
