// Bell: rung by any thread when there is news; a fiber waits until it has been rung since it last
// waited. Thread rule: ring from any thread; the rest on the fiber, which owns it together with
// those who ring.
#pragma once

#include <atomic>
#include <memory>

#include "io/loop.h"
#include "io/wait.h"

namespace llmsnap::io {

class Bell : public std::enable_shared_from_this<Bell> {
 public:
  /// On the fiber that will wait; its loop must outlive whoever rings.
  Bell() : loop_(*Loop::current()) {}
  Bell(const Bell&) = delete;
  Bell& operator=(const Bell&) = delete;

  /// What was published before is seen after the wait that this ends. Never blocks; while an
  /// earlier ring has not been heard it costs one atomic.
  void ring();

  /// Event also once in a while without a ring: look again, and wait again.
  WaitResult wait(Deadline deadline = NoDeadline);

 private:
  Loop& loop_;
  std::atomic<bool> rung_{false};
  Wait* waiting_ = nullptr;  // the loop's thread
};

}  // namespace llmsnap::io
