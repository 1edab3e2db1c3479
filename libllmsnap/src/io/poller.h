// Poller: tells which descriptors of a loop became readable, writable or were closed by their peer.
// Edge-triggered: one registration per descriptor for its whole life, no system call per wait.
// Thread rule: the loop's thread only.
#pragma once

#include <memory>

#include "base/clock.h"

namespace llmsnap::io {

struct Readiness {
  bool readable = false;
  bool writable = false;
  bool peer_closed = false;  ///< the peer sent FIN or RST, or the descriptor is broken
};

/// Something that owns a registered descriptor.
class PollTarget {
 public:
  /// Called on the loop's thread, outside of fibers. Must be short; may add and remove descriptors.
  virtual void on_ready(Readiness readiness) = 0;

 protected:
  ~PollTarget() = default;
};

class Poller {
 public:
  Poller();
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  /// The present readiness is reported too. False with errno set when the kernel refuses.
  bool add(int fd, PollTarget& target);

  /// Must be called before the descriptor is closed; no event is reported after it.
  void remove(int fd, PollTarget& target);

  /// Waits until something is ready or `deadline`, and reports. A deadline in the past does not
  /// wait.
  void wait(Deadline deadline);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace llmsnap::io
