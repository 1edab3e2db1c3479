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
      permille_.store(static_cast<int>(1000 * busy_.count() / total_.count()),
                      std::memory_order_relaxed);
      busy_ = total_ = SteadyClock::duration::zero();
    }
  }

  /// Of the last window; 1000 = it never waited.
  int permille() const { return permille_.load(std::memory_order_relaxed); }

 private:
  static constexpr auto Window = std::chrono::milliseconds(50);
  SteadyClock::time_point last_end_{};
  SteadyClock::duration busy_{};
  SteadyClock::duration total_{};
  std::atomic<int> permille_{0};
};

}  // namespace llmsnap::io
