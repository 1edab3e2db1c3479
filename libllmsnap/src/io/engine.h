// Engine: the I/O threads of a gateway, one loop each, and what the loops share.
// Thread rule: made and destroyed by its owner; loop() from any thread.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>

#include "io/loop.h"

namespace llmsnap::io {

struct EngineOptions {
  std::size_t threads = 1;
  bool upstream_tls = false;  ///< loads the system's certificates, which takes time and memory
  /// Hears of exceptions that left a fiber, on the loop's thread, and of certificates that do not
  /// load; in debug builds also, at the end, of fibers that used over 64 KiB of stack.
  std::function<void(std::string_view)> on_fault;
};

class Engine {
 public:
  /// Starts the loops.
  explicit Engine(const EngineOptions& options);

  /// Stops the loops; waits for their fibers, so their owners must have told them to end.
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  std::size_t size() const;
  Loop& loop(std::size_t index);

  /// Runs `task` on the loop's thread and waits for it. Never call it on a loop's thread.
  void run_on(Loop& loop, std::function<void()> task);

 private:
  void report_deep_stacks();

  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace llmsnap::io
