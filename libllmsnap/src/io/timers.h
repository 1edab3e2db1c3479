// Timers: the deadlines of one loop, a heap of timers that their owners keep.
// Thread rule: the loop's thread only.
#pragma once

#include <cstddef>
#include <vector>

#include "base/clock.h"

namespace llmsnap::io {

class Timers;

/// Something that happens at a time. Its owner keeps it alive while armed; the destructor disarms.
class Timer {
 public:
  explicit Timer(Timers& timers) : timers_(timers) {}
  virtual ~Timer() { disarm(); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  /// Calls expired once, at or soon after `deadline`; replaces what was armed. NoDeadline disarms.
  void arm(Deadline deadline);
  void disarm();
  bool armed() const { return slot_ != NotArmed; }

 protected:
  /// Disarmed when called; may arm again.
  virtual void expired() = 0;

 private:
  friend class Timers;
  static constexpr std::size_t NotArmed = static_cast<std::size_t>(-1);
  Timers& timers_;
  Deadline deadline_{};
  std::size_t slot_ = NotArmed;
};

class Timers {
 public:
  /// The earliest armed deadline, NoDeadline if there is none.
  Deadline next() const { return heap_.empty() ? NoDeadline : heap_.front()->deadline_; }

  /// Fires what is due at `now`.
  void fire(SteadyClock::time_point now);

 private:
  friend class Timer;
  void insert(Timer& timer);
  void remove(Timer& timer);
  void sift_up(std::size_t slot);
  void sift_down(std::size_t slot);
  void place(Timer& timer, std::size_t slot);

  std::vector<Timer*> heap_;
};

}  // namespace llmsnap::io
