// WantedWork: tells work of some length that nobody waits for its result any more.
// Thread rule: each thread has its own; whoever waited raises the flag from any thread.
#pragma once

#include <atomic>

namespace llmsnap {

/// While it lives, what its thread does is for whoever raises `given_up` when it need not go on.
class WantedWork {
 public:
  explicit WantedWork(const std::atomic<bool>& given_up) : before_(given_up_) {
    given_up_ = &given_up;
  }
  ~WantedWork() { given_up_ = before_; }
  WantedWork(const WantedWork&) = delete;
  WantedWork& operator=(const WantedWork&) = delete;

  /// Of this thread's work; work that is nobody's is always wanted.
  static bool is_given_up() {
    return given_up_ != nullptr && given_up_->load(std::memory_order_relaxed);
  }

 private:
  static inline thread_local const std::atomic<bool>* given_up_ = nullptr;

  const std::atomic<bool>* const before_;
};

}  // namespace llmsnap
