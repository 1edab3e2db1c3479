#include "io/loop.h"

#include <cstdint>
#include <mutex>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "base/unique_fd.h"
#include "io/fiber_pool.h"
#include "io/poller.h"
#include "io/timers.h"
#include "io/wakeup.h"

namespace llmsnap::io {
namespace {

thread_local Loop* current_loop = nullptr;

}  // namespace

/// Tasks from other threads, and the descriptor that wakes the loop for them.
class Loop::Mailbox final : public PollTarget {
 public:
  explicit Mailbox(Poller& poller) : poller_(poller) { poller_.add(wakeup_.descriptor(), *this); }
  ~Mailbox() { poller_.remove(wakeup_.descriptor(), *this); }
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  void put(Task task) {
    bool first = false;
    {
      const MutexLock lock(mutex_);
      first = tasks_.empty();
      tasks_.push_back(std::move(task));
    }
    if (first) {
      wakeup_.signal();
    }
  }

  void stop() {
    {
      const MutexLock lock(mutex_);
      stopping_ = true;
    }
    wakeup_.signal();
  }

  /// As of the last run_tasks.
  bool stopping() const { return seen_stop_; }

  /// Empties itself; what the tasks put in is left for the next round.
  void run_tasks() {
    if (!std::exchange(signalled_, false)) {
      return;
    }
    {
      const MutexLock lock(mutex_);
      running_.swap(tasks_);
      seen_stop_ = stopping_;
    }
    for (Task& task : running_) {
      task();
    }
    running_.clear();
  }

 private:
  void on_ready(Readiness) override {
    wakeup_.clear();
    signalled_ = true;
  }

  Poller& poller_;
  Wakeup wakeup_;
  bool signalled_ = false;     // loop's thread
  bool seen_stop_ = false;     // loop's thread
  std::vector<Task> running_;  // loop's thread
  Mutex mutex_;
  std::vector<Task> tasks_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;
};

Loop::Loop(LoopServices services)
    : services_(services),
      poller_(std::make_unique<Poller>()),
      timers_(std::make_unique<Timers>()),
      fibers_(std::make_unique<FiberPool>(*timers_)),
      mailbox_(std::make_unique<Mailbox>(*poller_)) {}

Loop::~Loop() = default;

Loop* Loop::current() {
  return current_loop;
}

void Loop::run() {
  Loop* const outer = std::exchange(current_loop, this);
  while (!mailbox_->stopping() || fibers_->alive() > 0 || fibers_->anything_ready()) {
    const auto before = SteadyClock::now();
    poller_->wait(fibers_->anything_ready() ? Deadline::min() : timers_->next());
    now_ = SteadyClock::now();
    load_.waited(before, now_);
    timers_->fire(now_);
    mailbox_->run_tasks();
    fibers_->run_ready();
  }
  current_loop = outer;
}

void Loop::stop() {
  mailbox_->stop();
}

void Loop::post(Task task) {
  mailbox_->put(std::move(task));
}

bool Loop::spawn(Task main) {
  return fibers_->spawn(std::move(main));
}

}  // namespace llmsnap::io
