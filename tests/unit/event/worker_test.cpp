#include "event/worker.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "catch.h"

using namespace std::chrono_literals;
using llmsnap::Worker;

namespace {

// Counts what was collected and what was done, and lets a test wait for the second.
class Counter final : public Worker::Source {
 public:
  void collect() { collected_.fetch_add(1); }
  bool wait_until_done(int count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 10s, [this, count] { return done_ >= count; });
  }
  int done() {
    const std::lock_guard lock(mutex_);
    return done_;
  }
  int batches() {
    const std::lock_guard lock(mutex_);
    return batches_;
  }
  std::thread::id thread() {
    const std::lock_guard lock(mutex_);
    return thread_;
  }

 private:
  void run_batch() override {
    const int count = collected_.load();
    const std::lock_guard lock(mutex_);
    if (count > done_) {
      done_ = count;
      ++batches_;
    }
    thread_ = std::this_thread::get_id();
    changed_.notify_all();
  }

  std::atomic<int> collected_{0};
  std::mutex mutex_;
  std::condition_variable changed_;
  int done_ = 0;
  int batches_ = 0;
  std::thread::id thread_;
};

}  // namespace

TEST_CASE("an idle worker does what it is woken for, on its own thread", "[event]") {
  Counter counter;
  Worker worker;
  worker.attach(counter);
  counter.collect();
  worker.wake();
  CHECK(counter.wait_until_done(1));
  CHECK(counter.thread() != std::this_thread::get_id());
  worker.detach(counter);
}

TEST_CASE("stopping a worker does all that was collected before, woken or not", "[event]") {
  Counter woken;
  Counter silent;
  Worker worker(1h);
  worker.attach(woken);
  worker.attach(silent);
  woken.collect();
  worker.wake();
  REQUIRE(woken.wait_until_done(1));
  // The pause of an hour has begun: only stop can end it.
  woken.collect();
  worker.wake();
  silent.collect();
  worker.stop();
  CHECK(woken.done() == 2);
  CHECK(silent.done() == 1);
  worker.stop();
}

TEST_CASE("within the pause work is collected into one batch, unless it is urgent", "[event]") {
  Counter counter;
  Worker worker(1h);
  worker.attach(counter);
  counter.collect();
  worker.wake();
  REQUIRE(counter.wait_until_done(1));
  for (int i = 0; i < 100; ++i) {
    counter.collect();
    worker.wake();
  }
  CHECK(counter.done() == 1);
  worker.wake_now();
  CHECK(counter.wait_until_done(101));
  CHECK(counter.batches() == 2);
  worker.detach(counter);
}

TEST_CASE("a worker that is woken for a time works then, for the earliest first", "[event]") {
  Worker worker(0ms);
  Counter counter;
  worker.attach(counter);
  counter.collect();
  const auto begin = std::chrono::steady_clock::now();
  worker.wake_at(begin + 1h);
  worker.wake_at(begin + 20ms);
  CHECK(counter.wait_until_done(1));
  CHECK(std::chrono::steady_clock::now() >= begin + 20ms);
  CHECK(counter.batches() == 1);
  worker.detach(counter);
}

TEST_CASE("a detached source is not called again, and the others still are", "[event]") {
  Counter first;
  Counter second;
  Worker worker(0ms);
  worker.attach(first);
  worker.attach(second);
  worker.detach(first);
  first.collect();
  second.collect();
  worker.wake();
  CHECK(second.wait_until_done(1));
  CHECK(first.done() == 0);
  worker.attach(first);
  worker.wake();
  CHECK(first.wait_until_done(1));
  worker.stop();
}
