// FiberPool: the fibers of one loop: starts, suspends and resumes them, and keeps stacks for reuse.
// Thread rule: the loop's thread only.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>

#include "base/task.h"
#include "io/fiber.h"

namespace llmsnap::io {

class Timers;

class FiberPool {
 public:
  /// `timers` must outlive this.
  explicit FiberPool(Timers& timers);
  /// Every fiber must have ended.
  ~FiberPool();
  FiberPool(const FiberPool&) = delete;
  FiberPool& operator=(const FiberPool&) = delete;

  /// Makes a fiber that will run `main` in the next run_ready. False, and `main` is dropped, where
  /// no memory for its stack is left.
  [[nodiscard]] bool spawn(Task main);

  /// On a fiber: gives the thread back to the loop until schedule is called for it.
  static void suspend();

  /// The suspended fiber goes on in the next run_ready. At most once per suspend.
  void schedule(Fiber& fiber);

  /// Runs what is ready now; what becomes ready meanwhile waits for the next call.
  void run_ready();

  bool anything_ready() const;

  /// Fibers that have begun or will begin and have not ended.
  std::size_t alive() const;

  /// Called with the text of an exception that left a fiber's main. The fiber ends, the loop goes
  /// on.
  void on_escaped_exception(std::function<void(std::string_view)> handler);

  /// Most bytes of stack that any fiber has used so far; 0 where stacks are not painted.
  std::size_t deepest_stack_use() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace llmsnap::io
