#include "base/mutex.h"

#include <thread>
#include <vector>

#include "catch.h"

namespace llmsnap {
namespace {

class Counter {
 public:
  void add() EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    ++count_;
    condition_.notify_all();
  }

  // False where the deadline came first.
  bool wait_for(int count) EXCLUDES(mutex_) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    MutexLock lock(mutex_);
    while (count_ < count) {
      if (condition_.wait_until(mutex_, deadline) == std::cv_status::timeout) {
        return count_ >= count;
      }
    }
    return true;
  }

 private:
  Mutex mutex_;
  CondVar condition_;
  int count_ GUARDED_BY(mutex_) = 0;
};

TEST_CASE("a mutex keeps threads apart and a condition wakes who waits", "[base]") {
  Counter counter;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&counter] {
      for (int step = 0; step < 1000; ++step) {
        counter.add();
      }
    });
  }
  CHECK(counter.wait_for(4000));
  for (std::thread& thread : threads) {
    thread.join();
  }
}

}  // namespace
}  // namespace llmsnap
