// Topic<Event>: events published from any thread, delivered in order to subscribers on the
// background worker. Thread rule: publish, subscribe and the counters from any thread; callbacks
// run on the worker alone.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "event/subscriber_list.h"
#include "event/worker.h"
#include "llmsnap/subscription.h"

namespace llmsnap {

template <typename Event>
class Topic final : private Worker::Source {
 public:
  /// The worker must outlive the topic. `capacity`: events that may wait; more are dropped and
  /// counted.
  Topic(Worker& worker, std::size_t capacity) : worker_(worker), capacity_(capacity) {
    worker_.attach(*this);
  }
  /// What still waits is lost: stop the worker first.
  ~Topic() { worker_.detach(*this); }
  Topic(const Topic&) = delete;
  Topic& operator=(const Topic&) = delete;

  /// The callback may take its time, but everything else on the worker waits for it. What it throws
  /// is counted and dropped.
  Subscription subscribe(std::function<void(const Event&)> callback) {
    return subscribers_.add([callback = std::move(callback)](const void* event) {
      callback(*static_cast<const Event*>(event));
    });
  }

  /// False: the queue was full and the event is dropped (and left as it was). Never blocks on a
  /// subscriber.
  bool publish(Event&& event) {
    std::size_t waiting = 0;
    {
      const MutexLock lock(mutex_);
      if (waiting_.size() >= capacity_) {
        dropped_.fetch_add(1, std::memory_order_relaxed);
        return false;
      }
      waiting_.push_back(std::move(event));
      waiting = waiting_.size();
    }
    if (waiting == capacity_ / 4) {
      worker_.wake_now();
    } else {
      worker_.wake();
    }
    return true;
  }

  std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }
  std::uint64_t failed_callbacks() const { return subscribers_.failures(); }

 private:
  void run_batch() override {
    {
      const MutexLock lock(mutex_);
      batch_.swap(waiting_);
    }
    for (const Event& event : batch_) {
      subscribers_.deliver(&event);
    }
    batch_.clear();
    if (batch_.capacity() > KeptCapacity) {
      batch_ = {};  // a burst must not hold its memory for ever
    }
  }

  static constexpr std::size_t KeptCapacity = 1024;

  Worker& worker_;
  const std::size_t capacity_;
  std::atomic<std::uint64_t> dropped_{0};
  SubscriberList subscribers_;
  std::vector<Event> batch_;  // the worker's alone

  Mutex mutex_;
  std::vector<Event> waiting_ GUARDED_BY(mutex_);
};

}  // namespace llmsnap
