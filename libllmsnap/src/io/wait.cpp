#include "io/wait.h"

#include <cassert>
#include <cstddef>

#include "io/fiber.h"
#include "io/fiber_pool.h"
#include "io/loop.h"

namespace llmsnap::io {
namespace {

constexpr std::ptrdiff_t CacheLine = 64;
/// Of the stack, around a Wait: the frames of the switch below it, and those up to the front's
/// pump.
constexpr std::ptrdiff_t FetchedFrom = -256;
constexpr std::ptrdiff_t FetchedTo = 1024;

}  // namespace

void Fiber::WaitDeadline::expired() {
  wait->finish(WaitResult::Deadline);
}

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
  if (deadline <= loop_.now()) {
    return WaitResult::Deadline;
  }
  fiber_.deadline_.wait = this;
  fiber_.deadline_.arm(deadline);
  if (interruption != nullptr) {
    interruption->waiting_ = this;
  }
  suspended_ = true;
  FiberPool::suspend();
  fiber_.deadline_.disarm();
  if (interruption != nullptr) {
    interruption->waiting_ = nullptr;
  }
  notified_ = false;
  return result_;
}

/// A stack that has slept for a while is in no cache near by. Fetching what the fiber will touch,
/// this object's surroundings, all at once costs one miss; going from frame to frame costs one for
/// each.
void Wait::fetch_stack() const {
  const char* const here = reinterpret_cast<const char*>(this);
#pragma GCC unroll 20
  for (std::ptrdiff_t offset = FetchedFrom; offset < FetchedTo; offset += CacheLine) {
    __builtin_prefetch(here + offset, 1);
  }
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
  fetch_stack();
  loop_.fibers().schedule(fiber_);
}

}  // namespace llmsnap::io
