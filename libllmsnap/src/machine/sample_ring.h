// SampleRing: the newest values, up to a number of them.
// Thread rule: a plain value, owned by one thread at a time.
#pragma once

#include <cstddef>
#include <deque>
#include <utility>

namespace llmsnap::machine {

template <typename Value>
class SampleRing {
 public:
  /// 0: it keeps nothing.
  explicit SampleRing(std::size_t capacity) : capacity_(capacity) {}

  void add(Value value) {
    if (capacity_ == 0) {
      return;
    }
    if (values_.size() == capacity_) {
      values_.pop_front();
    }
    values_.push_back(std::move(value));
  }

  bool empty() const { return values_.empty(); }
  std::size_t size() const { return values_.size(); }
  /// Of a ring that is not empty.
  const Value& newest() const { return values_.back(); }
  /// Oldest first.
  auto begin() const { return values_.begin(); }
  auto end() const { return values_.end(); }

 private:
  std::size_t capacity_;
  std::deque<Value> values_;
};

}  // namespace llmsnap::machine
