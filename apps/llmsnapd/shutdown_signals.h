// Signals as llmsnapd takes them: INT and TERM end it, a second one ends it at once, HUP is noted.
// Thread rule: block_signals and wait_for_end in main; ForcedExit has a thread of its own.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <thread>

namespace llmsnapd {

/// Blocks INT, TERM and HUP in this thread and all that it starts later, so that only waits take
/// them.
void block_signals();

/// Returns after the first INT or TERM; `hung_up` runs for every HUP before it.
void wait_for_end(const std::function<void()>& hung_up);

/// While it lives: another INT or TERM, or the end of the budget, runs `cut` on a thread of its
/// own. If the object still lives two seconds after that, or at the next INT or TERM, the process
/// exits with 1, also where `cut` hangs.
class ForcedExit {
 public:
  ForcedExit(std::chrono::milliseconds budget, std::function<void()> cut);
  ~ForcedExit();
  ForcedExit(const ForcedExit&) = delete;
  ForcedExit& operator=(const ForcedExit&) = delete;

  /// True once `cut` was called.
  bool happened() const { return happened_; }

 private:
  void watch(std::chrono::milliseconds budget);

  const std::function<void()> cut_;
  std::atomic<bool> over_ = false;
  std::atomic<bool> happened_ = false;
  std::thread thread_;
};

}  // namespace llmsnapd
