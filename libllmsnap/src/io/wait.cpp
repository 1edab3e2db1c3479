#include "io/wait.h"

#include <cassert>

#include "io/fiber.h"
#include "io/fiber_pool.h"
#include "io/loop.h"
#include "io/timers.h"

namespace llmsnap::io {

class Wait::DeadlineTimer final : public Timer {
 public:
  DeadlineTimer(Timers& timers, Wait& wait) : Timer(timers), wait_(wait) {}

 private:
  void expired() override { wait_.finish(WaitResult::Deadline); }
  Wait& wait_;
};

void Interruption::raise(WaitResult reason) {
  if (raised_) {
    return;
  }
  raised_ = true;
  reason_ = reason;
  if (waiting_ != nullptr) {
    waiting_->finish(reason);
  }
}

Wait::Wait() : loop_(*Loop::current()), fiber_(*Fiber::current()) {}

Wait::~Wait() {
  assert(!suspended_);
}

WaitResult Wait::until(Deadline deadline) {
  if (notified_) {
    notified_ = false;
    return WaitResult::Event;
  }
  Interruption* interruption = fiber_.interruption();
  if (interruption != nullptr && interruption->raised()) {
    return interruption->reason();
  }
  if (deadline != NoDeadline && deadline <= SteadyClock::now()) {
    return WaitResult::Deadline;
  }
  DeadlineTimer timer(loop_.timers(), *this);
  timer.arm(deadline);
  if (interruption != nullptr) {
    interruption->waiting_ = this;
  }
  suspended_ = true;
  FiberPool::suspend();
  if (interruption != nullptr) {
    interruption->waiting_ = nullptr;
  }
  notified_ = false;
  return result_;
}

void Wait::notify() {
  if (suspended_) {
    finish(WaitResult::Event);
  } else {
    notified_ = true;
  }
}

void Wait::finish(WaitResult result) {
  if (!suspended_) {
    return;  // another reason has won; the fiber is on its way
  }
  suspended_ = false;
  result_ = result;
  loop_.fibers().schedule(fiber_);
}

}  // namespace llmsnap::io
