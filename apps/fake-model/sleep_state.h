#pragma once
// Whether the model sleeps; falling asleep and waking up take their time.
// One thread.

#include <chrono>

namespace fake_model {

class SleepState {
 public:
  using Clock = std::chrono::steady_clock;

  bool asleep() const { return Clock::now() >= since_ ? asleep_ : !asleep_; }

  void change(bool asleep, std::chrono::milliseconds takes) {
    if (asleep != asleep_) {
      asleep_ = asleep;
      since_ = Clock::now() + takes;
    }
  }

 private:
  bool asleep_ = false;
  Clock::time_point since_{};
};

}  // namespace fake_model
