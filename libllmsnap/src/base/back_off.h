// BackOff: how often something failed in a row, and when it may be tried again: after 1, 2, 4, 8 s;
// from the fifth failure on once a minute. Thread rule: a plain value. PURE.
#pragma once

#include <chrono>

#include "base/clock.h"

namespace llmsnap {

class BackOff {
 public:
  using Time = SteadyClock::time_point;

  void failed(Time now) { retry_at_ = now + pause_after(++in_a_row_); }
  /// The same, but it may be tried at once.
  void failed_excusably(Time now) {
    ++in_a_row_;
    retry_at_ = now;
  }
  void forgive() { *this = BackOff(); }

  bool backing_off(Time now) const { return now < retry_at_; }
  Time retry_at() const { return retry_at_; }
  int in_a_row() const { return in_a_row_; }

 private:
  static constexpr int OpenCircuit = 5;
  static constexpr std::chrono::seconds CircuitPause{60};

  static constexpr std::chrono::seconds pause_after(int failures) {
    return failures < OpenCircuit ? std::chrono::seconds(1 << (failures - 1)) : CircuitPause;
  }

  int in_a_row_ = 0;
  Time retry_at_ = Time::min();
};

}  // namespace llmsnap
