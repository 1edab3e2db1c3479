// BackOff: how often something failed in a row, and when it may be tried again: after 1, 2, 4, 8 s;
// from the fifth failure on once a minute. Where several try at once, each says when it began: what
// went wrong for all of them is one failure. Thread rule: a plain value. PURE.
#pragma once

#include <algorithm>
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

  /// An attempt that began then has failed. False, and nothing has changed, where it began before
  /// the pause after the last failure was over: that is still the same one.
  bool attempt_failed(Time began, Time now) {
    if (began < retry_at_) {
      return false;
    }
    failed(now);
    return true;
  }
  /// It has too much to do: no failure, but it is not to be tried before then.
  void put_off(Time until) { retry_at_ = std::max(retry_at_, until); }

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
