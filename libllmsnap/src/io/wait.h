// Wait: the one way a fiber waits. Reasons: the event, the client left, the deadline, shutdown; the
// first wins. Thread rule: only the loop's thread touches it; another thread posts to the loop,
// which then notifies.
#pragma once

#include "base/clock.h"

namespace llmsnap::io {

class Fiber;
class Loop;

enum class WaitResult { Event, ClientLeft, Deadline, Shutdown };

/// What ends every wait of a fiber early and for good: its client left, or the gateway cuts it off.
/// A fiber gets one with Fiber::watch; each wait that would suspend then answers with the reason.
class Interruption {
 public:
  Interruption() = default;
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;

  /// ClientLeft or Shutdown; the first call wins, later ones do nothing.
  void raise(WaitResult reason);
  bool raised() const { return raised_; }
  WaitResult reason() const { return reason_; }

 private:
  friend class Wait;
  bool raised_ = false;
  WaitResult reason_ = WaitResult::Event;
  class Wait* waiting_ = nullptr;
};

/// Lives on the stack of the fiber that waits. May be used again after until has returned.
class Wait {
 public:
  Wait();
  ~Wait();
  Wait(const Wait&) = delete;
  Wait& operator=(const Wait&) = delete;

  /// Suspends the calling fiber. Event at once if notify was called before.
  WaitResult until(Deadline deadline);

  /// The event happened; does nothing after another reason has won.
  void notify();

 private:
  friend class Fiber;
  friend class Interruption;
  void finish(WaitResult result);
  void fetch_stack() const;

  Loop& loop_;
  Fiber& fiber_;
  bool suspended_ = false;
  bool notified_ = false;
  WaitResult result_ = WaitResult::Event;
};

}  // namespace llmsnap::io
