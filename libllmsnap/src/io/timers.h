// Timers: the deadlines of one loop, a heap of timers that their owners keep.
// Thread rule: the loop's thread only.
#pragma once

#include <cstddef>
#include <vector>

#include "base/clock.h"

namespace llmsnap::io {

class Timers;

/// Something that happens at a time. Its owner keeps it alive while armed; the destructor disarms.
/// Made to be kept and armed again for a later time: that, and disarming, touch nothing but the
/// timer itself. A stream does both for each of its events.
class Timer {
 public:
  explicit Timer(Timers& timers) : timers_(timers) {}
  virtual ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  /// Calls expired once, at or soon after `deadline`; replaces what was armed. NoDeadline disarms.
  void arm(Deadline deadline);
  void disarm() { deadline_ = NoDeadline; }
  bool armed() const { return deadline_ != NoDeadline; }

 protected:
  /// Disarmed when called; may arm again.
  virtual void expired() = 0;

 private:
  friend class Timers;
  static constexpr std::size_t NotInHeap = static_cast<std::size_t>(-1);
  Timers& timers_;
  Deadline deadline_ = NoDeadline;
  std::size_t slot_ = NotInHeap;
};

class Timers {
 public:
  /// When fire has something to do, NoDeadline if never: not later than the earliest deadline, but
  /// earlier where a timer has been put off or disarmed meanwhile.
  Deadline next() const { return heap_.empty() ? NoDeadline : heap_.front().at; }

  /// Fires what is due at `now`.
  void fire(SteadyClock::time_point now);

 private:
  friend class Timer;

  /// When to look at a timer: never later than its deadline. Kept here and not in the timer, since
  /// those lie far apart in memory.
  struct Entry {
    Deadline at;
    Timer* timer;
  };

  void insert(Timer& timer);
  void remove(Timer& timer);
  void advance(Timer& timer, Deadline at);
  void sift_up(std::size_t slot);
  void sift_down(std::size_t slot);
  void place(const Entry& entry, std::size_t slot);

  std::vector<Entry> heap_;
};

}  // namespace llmsnap::io
