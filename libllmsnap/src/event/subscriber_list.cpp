#include "event/subscriber_list.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"

namespace llmsnap {

struct SubscriberList::State {
  struct Entry {
    std::uint64_t id = 0;
    // Owners: the list, and the call in progress, for a callback that cancels itself.
    std::shared_ptr<const Callback>
        callback;  // null: cancelled while a delivery walks over the list
  };

  // Says that the call in progress has ended and finds the next; null at the end of the list.
  std::shared_ptr<const Callback> next(std::size_t& index, std::size_t end) EXCLUDES(mutex);
  std::size_t begin_delivery() EXCLUDES(mutex);
  void end_delivery() EXCLUDES(mutex);
  void cancel(std::uint64_t id) EXCLUDES(mutex);

  std::atomic<std::uint64_t> failures{0};

  Mutex mutex;
  CondVar call_ended;
  std::vector<Entry> entries GUARDED_BY(mutex);
  std::uint64_t last_id GUARDED_BY(mutex) = 0;
  std::uint64_t running_id GUARDED_BY(mutex) = 0;  // 0: none
  std::thread::id deliverer GUARDED_BY(mutex);     // none: no delivery is going on
  std::size_t cancellers GUARDED_BY(mutex) = 0;    // threads that wait for call_ended
};

std::size_t SubscriberList::State::begin_delivery() {
  const MutexLock lock(mutex);
  deliverer = std::this_thread::get_id();
  return entries.size();
}

std::shared_ptr<const SubscriberList::Callback> SubscriberList::State::next(std::size_t& index,
                                                                            std::size_t end) {
  const MutexLock lock(mutex);
  if (cancellers > 0) {
    call_ended.notify_all();
  }
  running_id = 0;
  while (index < end) {
    const Entry& entry = entries[index++];
    if (entry.callback) {
      running_id = entry.id;
      return entry.callback;
    }
  }
  return nullptr;
}

void SubscriberList::State::end_delivery() {
  const MutexLock lock(mutex);
  deliverer = {};
  entries.erase(std::remove_if(entries.begin(), entries.end(),
                               [](const Entry& entry) { return entry.callback == nullptr; }),
                entries.end());
}

void SubscriberList::State::cancel(std::uint64_t id) {
  std::shared_ptr<const Callback> last_use;  // what the callback holds dies outside the lock
  const MutexLock lock(mutex);
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [id](const Entry& entry) { return entry.id == id; });
  if (found == entries.end()) {
    return;
  }
  last_use = std::move(found->callback);
  if (deliverer == std::thread::id{}) {
    entries.erase(found);
  } else if (deliverer != std::this_thread::get_id()) {
    ++cancellers;
    while (running_id == id) {
      call_ended.wait_until(mutex, SteadyClock::now() + std::chrono::minutes(1));
    }
    --cancellers;
  }
}

class SubscriberList::Cancellation final : public Subscription::Link {
 public:
  Cancellation(std::shared_ptr<State> state, std::uint64_t id)
      : state_(std::move(state)), id_(id) {}
  void cancel() override { state_->cancel(id_); }

 private:
  std::shared_ptr<State> state_;
  std::uint64_t id_;
};

SubscriberList::SubscriberList() : state_(std::make_shared<State>()) {}

SubscriberList::~SubscriberList() = default;

Subscription SubscriberList::add(Callback callback) {
  auto shared = std::make_shared<const Callback>(std::move(callback));
  std::uint64_t id = 0;
  {
    const MutexLock lock(state_->mutex);
    id = ++state_->last_id;
    state_->entries.push_back({id, std::move(shared)});
  }
  return Subscription(std::make_unique<Cancellation>(state_, id));
}

void SubscriberList::deliver(const void* event) {
  const std::size_t end = state_->begin_delivery();
  std::size_t index = 0;
  while (const std::shared_ptr<const Callback> callback = state_->next(index, end)) {
    try {
      (*callback)(event);
    } catch (...) {
      // A stranger's code, at the top of its stay on our thread: one bad sink must not cost the
      // others the event. Its owner sees the count.
      state_->failures.fetch_add(1, std::memory_order_relaxed);
    }
  }
  state_->end_delivery();
}

std::uint64_t SubscriberList::failures() const {
  return state_->failures.load(std::memory_order_relaxed);
}

}  // namespace llmsnap
