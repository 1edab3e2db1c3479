// Fiber: a function with a stack of its own that runs on one loop and may wait without blocking it.
// Thread rule: a fiber runs on the loop it was born on, for ever; current() is that of the running
// one.
#pragma once

#include "io/timers.h"

namespace llmsnap::io {

class Interruption;
class Wait;

class Fiber {
 public:
  /// The running fiber, or null outside of one.
  static Fiber* current();

  /// From now on `interruption` ends this fiber's waits early; null: nothing does. It must outlive
  /// the watch.
  void watch(Interruption* interruption) { interruption_ = interruption; }
  Interruption* interruption() const { return interruption_; }

  /// Lets the other work of the loop run, then goes on: for long computations in pieces.
  static void yield();

 protected:
  explicit Fiber(Timers& timers) : deadline_(timers) {}
  ~Fiber() = default;

 private:
  friend class Wait;

  /// The deadline of the wait that this fiber is in. It outlives the wait, because the next one
  /// arms it again.
  class WaitDeadline final : public Timer {
   public:
    using Timer::Timer;
    Wait* wait = nullptr;

   private:
    void expired() override;
  };

  Interruption* interruption_ = nullptr;
  WaitDeadline deadline_;
};

}  // namespace llmsnap::io
