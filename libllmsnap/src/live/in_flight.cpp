#include "live/in_flight.h"

#include <algorithm>

#include "io/fiber.h"
#include "io/loop.h"
#include "io/wait.h"

namespace llmsnap::live {
InFlight::Place::Place(InFlight& list, Arrival arrival)
    : list_(list),
      arrival_(std::move(arrival)),
      loop_(io::Loop::current()),
      interruption_(loop_ == nullptr ? nullptr : io::Fiber::current()->interruption()),
      model_(arrival_.model) {
  list_.add(*this);
}

InFlight::Place::~Place() {
  list_.remove(*this);
}

void InFlight::Place::set_model(const std::string& model, const std::string& selector) {
  {
    const MutexLock lock(list_.mutex_);
    if (model_ == model && selector_ == selector) {
      return;
    }
    model_ = model;
    selector_ = selector;
    list_.note(*this);
  }
  list_.tell();
}

void InFlight::Place::set_answer(const wire::ResponseHead& head) {
  {
    const MutexLock lock(list_.mutex_);
    answer_ = &head;
    list_.note(*this);
  }
  list_.tell();
}

Sight InFlight::Place::sight() const {
  return {
      .number = number_,
      .received_at = arrival_.received_at,
      .received = arrival_.received,
      .model = model_,
      .selector = selector_,
      .method = std::string(arrival_.head.method),
      .path = std::string(arrival_.path),
      .client = std::string(arrival_.client),
      .request_id = std::string(arrival_.request_id),
      .request_fields = wire::KeptFields(arrival_.head.fields),
      .answer_fields = answer_ == nullptr ? wire::KeptFields() : wire::KeptFields(answer_->fields),
      .answer_bytes = bytes_.load(std::memory_order_relaxed)};
}

void InFlight::add(Place& place) {
  {
    const MutexLock lock(mutex_);
    place.number_ = next_number_++;
    place.previous_ = last_;
    (last_ == nullptr ? first_ : last_->next_) = &place;
    last_ = &place;
    ++count_;
    place.changed_ = false;
    note(place);
  }
  tell();
}

void InFlight::remove(Place& place) {
  {
    const MutexLock lock(mutex_);
    (place.previous_ == nullptr ? first_ : place.previous_->next_) = place.next_;
    (place.next_ == nullptr ? last_ : place.next_->previous_) = place.previous_;
    --count_;
    changed_count_ -= place.changed_ ? 1 : 0;
    if (!place.told_ || !watched_.load(std::memory_order_relaxed)) {
      return;
    }
    if (gone_.size() >= MostChanges) {
      overflow_ = true;
    } else {
      gone_.push_back(place.number_);
    }
  }
  tell();
}

void InFlight::note(Place& place) {
  if (!place.changed_ && watched_.load(std::memory_order_relaxed)) {
    place.changed_ = true;
    ++changed_count_;
  }
}

void InFlight::tell() const {
  if (on_change_ && watched_.load(std::memory_order_relaxed)) {
    on_change_();
  }
}

std::vector<Sight> InFlight::list(std::size_t most) const {
  std::vector<Sight> sights;
  const MutexLock lock(mutex_);
  sights.reserve(std::min(most, count_));
  for (const Place* place = first_; place != nullptr && sights.size() < most;
       place = place->next_) {
    sights.push_back(place->sight());
  }
  return sights;
}

std::size_t InFlight::count() const {
  const MutexLock lock(mutex_);
  return count_;
}

InFlight::Place* InFlight::find(std::uint64_t number) const {
  Place* place = first_;
  while (place != nullptr && place->number_ != number) {
    place = place->next_;
  }
  return place;
}

bool InFlight::cancel(std::uint64_t number) {
  const MutexLock lock(mutex_);
  const Place* const there = find(number);
  if (there == nullptr || there->interruption_ == nullptr) {
    return false;
  }
  // On its own thread a request that is still in the list stays there meanwhile.
  there->loop_->post([this, number] {
    Place* place = nullptr;
    {
      const MutexLock again(mutex_);
      place = find(number);
    }
    if (place != nullptr) {
      place->cancelled_ = true;
      place->interruption_->raise(io::WaitResult::Shutdown);
    }
  });
  return true;
}

void InFlight::watch(bool watched) {
  const MutexLock lock(mutex_);
  if (watched_.exchange(watched) == watched) {
    return;
  }
  gone_.clear();
  overflow_ = false;
  changed_count_ = 0;
  for (Place* place = first_; place != nullptr; place = place->next_) {
    place->changed_ = false;
    place->told_ = true;
    place->told_bytes_ = place->bytes_.load(std::memory_order_relaxed);
  }
}

Changes InFlight::changes(SteadyClock::time_point now) {
  Changes found;
  const MutexLock lock(mutex_);
  found.gone.swap(gone_);
  found.all = std::exchange(overflow_, false) || changed_count_ > MostChanges;
  for (Place* place = first_; place != nullptr; place = place->next_) {
    const std::uint64_t bytes = place->bytes_.load(std::memory_order_relaxed);
    const bool has_more = bytes != place->told_bytes_;
    if (!place->changed_ && (!has_more || now < place->told_at_ + BytesInterval)) {
      continue;
    }
    if (found.seen.size() >= MostChanges) {
      found.all = true;
    }
    if (!found.all) {
      found.seen.push_back(place->sight());
      found.seen.back().is_new = !place->told_;
    }
    changed_count_ -= place->changed_ ? 1 : 0;
    place->changed_ = false;
    place->told_ = true;
    place->told_bytes_ = bytes;
    place->told_at_ = now;
  }
  found.again = first_ == nullptr ? NoDeadline : now + BytesInterval;
  return found;
}

}  // namespace llmsnap::live
