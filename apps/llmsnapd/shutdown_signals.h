// Signals as llmsnapd takes them: INT and TERM end it, a second one ends it at once; HUP has it
// read its config anew, CHLD is noted. Thread rule: block_signals and wait_for_end in main;
// ForcedExit has a thread of its own.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <thread>

namespace llmsnapd {

/// Blocks INT, TERM, HUP and CHLD in this thread and all that it starts later, so that only waits
/// take them.
void block_signals();

/// What to do about signals that are no end; both must not wait.
struct SignalActions {
  std::function<void()> reload;      ///< HUP
  std::function<void()> child_died;  ///< CHLD; one may stand for several
};

/// Returns after the first INT or TERM; the actions run for what comes before it.
void wait_for_end(const SignalActions& actions);

/// While it lives: another INT or TERM, or the end of the budget, runs `cut` on a thread of its
/// own. If the object still lives CutBudget after that, or at the next INT or TERM, the process
/// exits with 1, also where `cut` hangs.
class ForcedExit {
 public:
  static constexpr std::chrono::seconds CutBudget{2};

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
