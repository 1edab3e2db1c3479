#include "io/blocking_work.h"

#include <chrono>
#include <utility>

#include "io/fiber.h"
#include "io/loop.h"
#include "io/wait.h"

namespace llmsnap::io {

BlockingWork::BlockingWork() : worker_(std::chrono::milliseconds(0)) {
  worker_.attach(*this);
}

BlockingWork::~BlockingWork() {
  stop();
}

void BlockingWork::run(const std::function<void()>& job) {
  Fiber* const fiber = Fiber::current();
  if (fiber == nullptr) {
    job();
    return;
  }
  Wait done;
  Task task([&job, &done, loop = Loop::current()] {
    job();
    loop->post([&done] { done.notify(); });
  });
  if (!add(task)) {
    job();
    return;
  }
  // The job may be using the caller's stack: nothing may end this wait but its end.
  Interruption* const interruption = fiber->interruption();
  fiber->watch(nullptr);
  done.until(NoDeadline);
  fiber->watch(interruption);
}

void BlockingWork::send(Task job) {
  if (!add(job)) {
    job();
  }
}

void BlockingWork::stop() {
  {
    const MutexLock lock(mutex_);
    stopped_ = true;
  }
  worker_.stop();
}

/// False, and the job is the caller's, after stop.
bool BlockingWork::add(Task& job) {
  {
    const MutexLock lock(mutex_);
    if (stopped_) {
      return false;
    }
    waiting_.push_back(std::move(job));
  }
  worker_.wake();
  return true;
}

void BlockingWork::run_batch() {
  {
    const MutexLock lock(mutex_);
    running_.swap(waiting_);
  }
  for (Task& job : running_) {
    job();
  }
  running_.clear();
}

}  // namespace llmsnap::io
