// Worker: the one background thread, for what may block; it empties the sources that are attached
// to it. Thread rule: wake from any thread; attach, detach and stop from any thread but the
// worker's own.
#pragma once

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"

namespace llmsnap {

class Worker {
 public:
  /// Something that collects work and hands it over in batches.
  class Source {
   public:
    /// Does all that has been collected. Called on the worker's thread, never two at once.
    virtual void run_batch() = 0;

   protected:
    ~Source() = default;
  };

  /// Between two batches there is at least `pause`, so that a busy gateway wakes the worker a few
  /// hundred times a second and not once per request. `name`: of its thread, a literal.
  explicit Worker(std::chrono::milliseconds pause = std::chrono::milliseconds(5),
                  const char* name = "llmsnap-worker");
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// The source must be detached before it dies; after detach returns it is not running and not
  /// called again, what it still holds is its own affair.
  void attach(Source& source);
  void detach(Source& source);

  /// Tells that a source has collected something; call it after that is visible to run_batch. While
  /// a batch is due anyway this is one atomic load.
  void wake() {
    if (!pending_.load(std::memory_order_relaxed)) {
      wake_idle();
    }
  }

  /// The same, without the pause: a source is filling up.
  void wake_now();

  /// The same, at or soon after `when`: a source has something that may wait until then.
  void wake_at(SteadyClock::time_point when);

  /// Runs every source once more, so that all collected before this call is done, and ends the
  /// thread. What is collected later stays where it is. Again: does nothing; two threads must not
  /// call it at once.
  void stop();

 private:
  void wake_idle();
  void loop();
  bool wait_for_work(SteadyClock::time_point not_before);
  void run_sources();

  const std::chrono::milliseconds pause_;
  std::atomic<bool> pending_{false};

  Mutex mutex_;
  CondVar changed_;                                  // pending_, urgent_ or stopping_ was set
  CondVar paused_;                                   // running_ was cleared
  std::vector<Source*> sources_ GUARDED_BY(mutex_);  // null: detached
  Source* running_ GUARDED_BY(mutex_) = nullptr;
  bool urgent_ GUARDED_BY(mutex_) = false;
  SteadyClock::time_point due_ GUARDED_BY(mutex_) = SteadyClock::time_point::max();  // of wake_at
  bool stopping_ GUARDED_BY(mutex_) = false;

  std::thread thread_;
};

}  // namespace llmsnap
