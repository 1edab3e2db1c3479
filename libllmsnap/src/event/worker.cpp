#include "event/worker.h"

#include <algorithm>

#include "base/thread_name.h"

namespace llmsnap {
namespace {

// Nobody relies on this: it turns a lost wake-up into late work instead of lost work.
constexpr std::chrono::minutes IdleCheck{1};

}  // namespace

Worker::Worker(std::chrono::milliseconds pause, const char* name)
    : pause_(pause), thread_([this, name] {
        name_this_thread(name);
        loop();
      }) {}

Worker::~Worker() {
  stop();
}

void Worker::attach(Source& source) {
  const MutexLock lock(mutex_);
  const auto free = std::find(sources_.begin(), sources_.end(), nullptr);
  if (free != sources_.end()) {
    *free = &source;
  } else {
    sources_.push_back(&source);
  }
}

void Worker::detach(Source& source) {
  const MutexLock lock(mutex_);
  std::replace(sources_.begin(), sources_.end(), &source, static_cast<Source*>(nullptr));
  while (running_ == &source) {
    paused_.wait_until(mutex_, SteadyClock::now() + IdleCheck);
  }
}

void Worker::wake_idle() {
  if (pending_.exchange(true)) {
    return;
  }
  {
    // Without the lock the worker could miss this between looking at pending_ and going to sleep.
    const MutexLock lock(mutex_);
  }
  changed_.notify_one();
}

void Worker::wake_now() {
  pending_.store(true);
  {
    const MutexLock lock(mutex_);
    urgent_ = true;
  }
  changed_.notify_one();
}

void Worker::wake_at(SteadyClock::time_point when) {
  {
    const MutexLock lock(mutex_);
    if (when >= due_) {
      return;
    }
    due_ = when;
  }
  changed_.notify_one();
}

void Worker::stop() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) {
    thread_.join();
  }
}

void Worker::loop() {
  SteadyClock::time_point not_before{};
  bool stopping = false;
  while (!stopping) {
    stopping = wait_for_work(not_before);
    // Cleared before the sources are emptied: what is collected from here on sets it again. A
    // source's own lock orders the two, so that a collector that was too late for this batch sees
    // the cleared flag.
    pending_.exchange(false);
    run_sources();
    not_before = SteadyClock::now() + pause_;
  }
}

bool Worker::wait_for_work(SteadyClock::time_point not_before) {
  const MutexLock lock(mutex_);
  while (!stopping_ && !pending_.load() && SteadyClock::now() < due_) {
    changed_.wait_until(mutex_, std::min(due_, SteadyClock::now() + IdleCheck));
  }
  if (due_ <= SteadyClock::now()) {
    due_ = SteadyClock::time_point::max();
  }
  while (!stopping_ && !urgent_ && SteadyClock::now() < not_before) {
    changed_.wait_until(mutex_, not_before);
  }
  urgent_ = false;
  return stopping_;
}

void Worker::run_sources() {
  for (std::size_t index = 0;; ++index) {
    Source* source = nullptr;
    {
      const MutexLock lock(mutex_);
      if (index >= sources_.size()) {
        return;
      }
      source = sources_[index];
      running_ = source;
    }
    if (source == nullptr) {
      continue;
    }
    source->run_batch();
    {
      const MutexLock lock(mutex_);
      running_ = nullptr;
    }
    paused_.notify_all();
  }
}

}  // namespace llmsnap
