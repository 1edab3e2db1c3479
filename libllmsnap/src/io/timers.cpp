#include "io/timers.h"

namespace llmsnap::io {

void Timer::arm(Deadline deadline) {
  disarm();
  if (deadline != NoDeadline) {
    deadline_ = deadline;
    timers_.insert(*this);
  }
}

void Timer::disarm() {
  if (armed()) {
    timers_.remove(*this);
  }
}

void Timers::fire(SteadyClock::time_point now) {
  while (!heap_.empty() && heap_.front()->deadline_ <= now) {
    Timer& due = *heap_.front();
    remove(due);
    due.expired();
  }
}

void Timers::place(Timer& timer, std::size_t slot) {
  heap_[slot] = &timer;
  timer.slot_ = slot;
}

void Timers::insert(Timer& timer) {
  heap_.push_back(&timer);
  timer.slot_ = heap_.size() - 1;
  sift_up(timer.slot_);
}

void Timers::remove(Timer& timer) {
  const std::size_t slot = timer.slot_;
  timer.slot_ = Timer::NotArmed;
  Timer& last = *heap_.back();
  heap_.pop_back();
  if (&last != &timer) {
    place(last, slot);
    sift_up(slot);
    sift_down(last.slot_);
  }
}

void Timers::sift_up(std::size_t slot) {
  Timer& timer = *heap_[slot];
  while (slot > 0) {
    const std::size_t parent = (slot - 1) / 2;
    if (heap_[parent]->deadline_ <= timer.deadline_) {
      break;
    }
    place(*heap_[parent], slot);
    slot = parent;
  }
  place(timer, slot);
}

void Timers::sift_down(std::size_t slot) {
  Timer& timer = *heap_[slot];
  for (;;) {
    std::size_t child = 2 * slot + 1;
    if (child >= heap_.size()) {
      break;
    }
    if (child + 1 < heap_.size() && heap_[child + 1]->deadline_ < heap_[child]->deadline_) {
      ++child;
    }
    if (timer.deadline_ <= heap_[child]->deadline_) {
      break;
    }
    place(*heap_[child], slot);
    slot = child;
  }
  place(timer, slot);
}

}  // namespace llmsnap::io
