// Loop: the event loop of one I/O thread. Fibers, sockets and timers belong to one loop for ever.
// Thread rule: post and stop from any thread; everything else on the loop's own thread.
#pragma once

#include <array>
#include <memory>
#include <span>

#include "base/clock.h"
#include "base/task.h"
#include "io/load_meter.h"
#include "llmsnap/result.h"

namespace llmsnap::io {

class FiberPool;
class Poller;
class Resolver;
class Timers;
class TlsContext;

/// What the loops of an engine share; null members: names are not resolved, no TLS to upstreams.
struct LoopServices {
  Resolver* resolver = nullptr;
  const TlsContext* upstream_tls = nullptr;
};

class Loop {
 public:
  explicit Loop(LoopServices services = {});
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Runs until stop was called and no fiber is left. The calling thread is the loop's thread
  /// meanwhile.
  void run();

  /// Any thread. The loop still waits for its fibers: whoever started them sees to it that they
  /// end.
  void stop();

  /// Any thread: `task` runs on the loop's thread, not on a fiber. After the loop has ended it
  /// never runs. The loop must be there until this returns, which may be after the task has run.
  void post(Task task);

  /// Starts a fiber that runs `main`; the caller goes on first. False, and `main` is dropped, where
  /// no memory for its stack is left.
  [[nodiscard]] bool spawn(Task main);

  /// The loop whose thread this is, or null.
  static Loop* current();

  /// Any thread: the share of time that this loop was at work lately, in thousandths.
  int load_permille() const { return load_.permille(); }

  /// The time, as of this turn of the loop: for what does not matter by milliseconds.
  SteadyClock::time_point now() const { return now_; }

  Poller& poller() { return *poller_; }
  Timers& timers() { return *timers_; }
  FiberPool& fibers() { return *fibers_; }
  /// Memory to put something together in, until the next wait: always warm, since all share it.
  std::span<char> scratch() { return scratch_; }

  const LoopServices& services() const { return services_; }

 private:
  class Mailbox;
  LoopServices services_;
  std::array<char, 1024> scratch_;
  LoadMeter load_;
  SteadyClock::time_point now_ = SteadyClock::now();
  std::unique_ptr<Poller> poller_;
  std::unique_ptr<Timers> timers_;
  std::unique_ptr<FiberPool> fibers_;
  std::unique_ptr<Mailbox> mailbox_;
};

}  // namespace llmsnap::io
