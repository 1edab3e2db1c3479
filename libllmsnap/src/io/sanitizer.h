// StackSwitch and forget_frames: what AddressSanitizer and ThreadSanitizer must be told at each
// change of stacks. Thread rule: one belongs to one stack; without sanitizers everything here is
// empty.
#pragma once

#include <cstddef>

#if defined(__SANITIZE_ADDRESS__)
#define LLMSNAP_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LLMSNAP_ASAN 1
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define LLMSNAP_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define LLMSNAP_TSAN 1
#endif
#endif

#if defined(LLMSNAP_ASAN)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#if defined(LLMSNAP_TSAN)
#include <sanitizer/tsan_interface.h>
#endif

namespace llmsnap::io {

#if defined(LLMSNAP_ASAN) || defined(LLMSNAP_TSAN)
inline constexpr bool SanitizersActive = true;
#else
inline constexpr bool SanitizersActive = false;
#endif

/// Before a stack's memory is given back: frames that were never left have marked it, and whoever
/// is given the memory next would find the marks.
inline void forget_frames([[maybe_unused]] void* bottom, [[maybe_unused]] std::size_t size) {
#if defined(LLMSNAP_ASAN)
  __asan_unpoison_memory_region(bottom, size);
#endif
}

class StackSwitch {
 public:
  /// For a fiber's stack.
  StackSwitch([[maybe_unused]] void* bottom, [[maybe_unused]] std::size_t size) {
#if defined(LLMSNAP_ASAN)
    bottom_ = bottom;
    size_ = size;
#endif
#if defined(LLMSNAP_TSAN)
    fiber_ = __tsan_create_fiber(0);
    owned_ = true;
#endif
  }
  /// For the stack of whichever thread leaves it.
  StackSwitch() = default;
  StackSwitch(const StackSwitch&) = delete;
  StackSwitch& operator=(const StackSwitch&) = delete;
  ~StackSwitch() {
#if defined(LLMSNAP_TSAN)
    if (owned_) {
      __tsan_destroy_fiber(fiber_);
    }
#endif
  }

  /// On this stack, right before the switch to `to`. `for_good`: this stack is not run again.
  void leave_for([[maybe_unused]] StackSwitch& to, [[maybe_unused]] bool for_good = false) {
#if defined(LLMSNAP_ASAN)
    __sanitizer_start_switch_fiber(for_good ? nullptr : &fake_stack_, to.bottom_, to.size_);
#endif
#if defined(LLMSNAP_TSAN)
    if (!owned_) {
      fiber_ = __tsan_get_current_fiber();  // made on one thread, a loop may run on another
    }
    __tsan_switch_to_fiber(to.fiber_, 0);
#endif
  }

  /// On this stack, right after a switch back to it from `from`.
  void arrive_from([[maybe_unused]] StackSwitch& from) {
#if defined(LLMSNAP_ASAN)
    __sanitizer_finish_switch_fiber(fake_stack_, &from.bottom_, &from.size_);
#endif
  }

 private:
#if defined(LLMSNAP_ASAN)
  const void* bottom_ = nullptr;
  std::size_t size_ = 0;
  void* fake_stack_ = nullptr;
#endif
#if defined(LLMSNAP_TSAN)
  void* fiber_ = nullptr;
  bool owned_ = false;
#endif
};

}  // namespace llmsnap::io
