#include "io/timers.h"

namespace llmsnap::io {

Timer::~Timer() {
  if (slot_ != NotInHeap) {
    timers_.remove(*this);
  }
}

void Timer::arm(Deadline deadline) {
  deadline_ = deadline;
  if (deadline == NoDeadline) {
    return;
  }
  if (slot_ == NotInHeap) {
    timers_.insert(*this);
  } else {
    timers_.advance(*this, deadline);
  }
}

void Timers::fire(SteadyClock::time_point now) {
  while (!heap_.empty() && heap_.front().at <= now) {
    Timer& timer = *heap_.front().timer;
    if (timer.deadline_ == NoDeadline) {
      remove(timer);
    } else if (timer.deadline_ > heap_.front().at) {
      heap_.front().at = timer.deadline_;
      sift_down(0);
    } else {
      remove(timer);
      timer.disarm();
      timer.expired();
    }
  }
}

void Timers::place(const Entry& entry, std::size_t slot) {
  heap_[slot] = entry;
  entry.timer->slot_ = slot;
}

void Timers::insert(Timer& timer) {
  heap_.push_back({timer.deadline_, &timer});
  timer.slot_ = heap_.size() - 1;
  sift_up(timer.slot_);
}

/// Looks at the timer at `at` if that is earlier than it would be.
void Timers::advance(Timer& timer, Deadline at) {
  Entry& entry = heap_[timer.slot_];
  if (at < entry.at) {
    entry.at = at;
    sift_up(timer.slot_);
  }
}

void Timers::remove(Timer& timer) {
  const std::size_t slot = timer.slot_;
  timer.slot_ = Timer::NotInHeap;
  const Entry last = heap_.back();
  heap_.pop_back();
  if (last.timer != &timer) {
    place(last, slot);
    sift_up(slot);
    sift_down(last.timer->slot_);
  }
}

void Timers::sift_up(std::size_t slot) {
  const Entry entry = heap_[slot];
  while (slot > 0) {
    const std::size_t parent = (slot - 1) / 2;
    if (heap_[parent].at <= entry.at) {
      break;
    }
    place(heap_[parent], slot);
    slot = parent;
  }
  place(entry, slot);
}

void Timers::sift_down(std::size_t slot) {
  const Entry entry = heap_[slot];
  for (;;) {
    std::size_t child = 2 * slot + 1;
    if (child >= heap_.size()) {
      break;
    }
    if (child + 1 < heap_.size() && heap_[child + 1].at < heap_[child].at) {
      ++child;
    }
    if (entry.at <= heap_[child].at) {
      break;
    }
    place(heap_[child], slot);
    slot = child;
  }
  place(entry, slot);
}

}  // namespace llmsnap::io
