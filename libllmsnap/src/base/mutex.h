// Mutex and MutexLock: std::mutex with clang's thread-safety annotations; CondVar waits on them.
// Thread rule: any thread; never call out (callback, log, I/O) while holding one.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define LLMSNAP_ANNOTATE(x) __attribute__((x))
#else
#define LLMSNAP_ANNOTATE(x)
#endif

#define CAPABILITY(x) LLMSNAP_ANNOTATE(capability(x))
#define SCOPED_CAPABILITY LLMSNAP_ANNOTATE(scoped_lockable)
#define GUARDED_BY(x) LLMSNAP_ANNOTATE(guarded_by(x))
#define PT_GUARDED_BY(x) LLMSNAP_ANNOTATE(pt_guarded_by(x))
#define REQUIRES(...) LLMSNAP_ANNOTATE(requires_capability(__VA_ARGS__))
#define EXCLUDES(...) LLMSNAP_ANNOTATE(locks_excluded(__VA_ARGS__))
#define ACQUIRE(...) LLMSNAP_ANNOTATE(acquire_capability(__VA_ARGS__))
#define RELEASE(...) LLMSNAP_ANNOTATE(release_capability(__VA_ARGS__))
#define TRY_ACQUIRE(...) LLMSNAP_ANNOTATE(try_acquire_capability(__VA_ARGS__))
#define NO_THREAD_SAFETY_ANALYSIS LLMSNAP_ANNOTATE(no_thread_safety_analysis)

namespace llmsnap {

class CAPABILITY("mutex") Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void lock() ACQUIRE() { mutex_.lock(); }
  void unlock() RELEASE() { mutex_.unlock(); }
  bool try_lock() TRY_ACQUIRE(true) { return mutex_.try_lock(); }

 private:
  std::mutex mutex_;
};

/// Holds the mutex from construction to destruction.
class SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) ACQUIRE(mutex) : mutex_(mutex) { mutex_.lock(); }
  ~MutexLock() RELEASE() { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

/// Waits with the mutex held; loop around a wait until the predicate holds, inside the locked
/// block, where the analysis sees what the predicate reads.
class CondVar {
 public:
  template <typename Clock, typename Duration>
  std::cv_status wait_until(Mutex& mutex, const std::chrono::time_point<Clock, Duration>& deadline)
      REQUIRES(mutex) {
    return condition_.wait_until(mutex, deadline);
  }
  void notify_one() { condition_.notify_one(); }
  void notify_all() { condition_.notify_all(); }

 private:
  std::condition_variable_any condition_;
};

}  // namespace llmsnap
