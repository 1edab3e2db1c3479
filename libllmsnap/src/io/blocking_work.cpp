#include "io/blocking_work.h"

#include <atomic>
#include <chrono>
#include <system_error>
#include <utility>

#include "base/wanted_work.h"
#include "io/fiber.h"
#include "io/loop.h"
#include "io/wait.h"

namespace llmsnap::io {

namespace {

/// Nothing ends the waits of the fiber early.
class Unwatched {
 public:
  /// Null: there is none.
  explicit Unwatched(Fiber* fiber)
      : fiber_(fiber), interruption_(fiber == nullptr ? nullptr : fiber->interruption()) {
    watch(nullptr);
  }
  ~Unwatched() { watch(interruption_); }
  Unwatched(const Unwatched&) = delete;
  Unwatched& operator=(const Unwatched&) = delete;

 private:
  void watch(Interruption* interruption) {
    if (fiber_ != nullptr) {
      fiber_->watch(interruption);
    }
  }

  Fiber* const fiber_;
  Interruption* const interruption_;
};

}  // namespace

BlockingWork::~BlockingWork() {
  stop();
}

void BlockingWork::run(const std::function<void()>& job) {
  const Unwatched unwatched(Fiber::current());
  (void)run_while_wanted(job);  // to its end: nothing gives it up
}

Result<void> BlockingWork::run_while_wanted(const std::function<void()>& job) {
  Fiber* const fiber = Fiber::current();
  if (fiber == nullptr) {
    job();
    return {};
  }
  Wait done;
  std::atomic<bool> given_up{false};
  bool has_ended = false;  // a wait that ends otherwise in the same round of the loop forgets it
  // Made here, where a shortage of memory has one request to end.
  Task tell([&done, &has_ended] {
    has_ended = true;
    done.notify();
  });
  Task task([&job, &given_up, loop = Loop::current(), tell = std::move(tell)]() mutable {
    if (!given_up) {
      const WantedWork wanted(given_up);
      job();
    }
    loop->post(std::move(tell));
  });
  if (!add(task)) {
    job();
    return {};
  }
  const WaitResult reason = done.until(NoDeadline);
  if (reason == WaitResult::Event) {
    return {};
  }
  given_up = true;
  if (!has_ended) {
    // The job may be using the caller's stack: nothing may end this wait but its end.
    const Unwatched unwatched(fiber);
    done.until(NoDeadline);
  }
  return reason == WaitResult::ClientLeft
             ? Error{ErrorCode::ClientLeft, "the client left"}
             : Error{ErrorCode::ShuttingDown, "the gateway is shutting down"};
}

void BlockingWork::send(Task job) {
  if (!add(job)) {
    job();
  }
}

void BlockingWork::stop() {
  Worker* worker = nullptr;
  {
    const MutexLock lock(mutex_);
    stopped_ = true;
    worker = worker_.get();
  }
  if (worker != nullptr) {
    worker->stop();
  }
}

/// False, and the job is the caller's, after stop or without a thread.
bool BlockingWork::add(Task& job) {
  Worker* worker = nullptr;
  {
    const MutexLock lock(mutex_);
    worker = stopped_ ? nullptr : ensure_worker();
    if (worker == nullptr) {
      return false;
    }
    waiting_.push_back(std::move(job));
  }
  worker->wake();
  return true;
}

/// Null where the system has no thread left.
Worker* BlockingWork::ensure_worker() {
  if (worker_ == nullptr) {
    try {
      worker_ = std::make_unique<Worker>(std::chrono::milliseconds(0), "llmsnap-block");
    } catch (const std::system_error&) {
      return nullptr;
    }
    worker_->attach(*this);
  }
  return worker_.get();
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
