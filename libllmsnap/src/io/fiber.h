// Fiber: a function with a stack of its own that runs on one loop and may wait without blocking it.
// Thread rule: a fiber runs on the loop it was born on, for ever; current() is that of the running
// one.
#pragma once

#include <memory>

namespace llmsnap::io {

class Interruption;

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
  Fiber() = default;
  ~Fiber() = default;

 private:
  Interruption* interruption_ = nullptr;
};

}  // namespace llmsnap::io
