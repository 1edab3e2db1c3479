#include "io/bell.h"

namespace llmsnap::io {

void Bell::ring() {
  if (rung_.exchange(true)) {
    return;
  }
  loop_.post([self = shared_from_this()] {
    if (self->waiting_ != nullptr) {
      self->waiting_->notify();
    }
  });
}

WaitResult Bell::wait(Deadline deadline) {
  WaitResult result = WaitResult::Event;
  if (!rung_.load()) {
    Wait wait;
    waiting_ = &wait;
    result = wait.until(deadline);
    waiting_ = nullptr;
  }
  // Before the news is looked at: a ring that comes from here on is heard by the next wait.
  rung_.store(false);
  return result;
}

}  // namespace llmsnap::io
