// Awaited<T>: a value that another thread makes and a fiber waits for, which may have left by then.
// Thread rule: put from any thread, once. On a fiber of the loop it was made on: until, as often as
// wanted; then either wait or leave, once.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <variant>

#include "io/loop.h"
#include "io/wait.h"

namespace llmsnap::io {

/// Shared by the fiber and whoever makes the value.
template <typename T>
class Awaited : public std::enable_shared_from_this<Awaited<T>> {
 public:
  /// On the fiber. `untaken` gets, on the loop, a value that came when nobody waited any more.
  explicit Awaited(std::function<void(T&&)> untaken = {})
      : loop_(*Loop::current()), untaken_(std::move(untaken)) {}
  Awaited(const Awaited&) = delete;
  Awaited& operator=(const Awaited&) = delete;

  void put(T value) {
    loop_.post([self = this->shared_from_this(), carried = std::make_unique<T>(std::move(value))] {
      self->arrive(std::move(*carried));
    });
  }

  /// Event once the value is there for wait to take; after Deadline it can be called again.
  WaitResult until(Deadline deadline) { return value_ ? WaitResult::Event : wait_.until(deadline); }

  /// The value, or why the wait ended without one.
  std::variant<T, WaitResult> wait(Deadline deadline = NoDeadline) {
    const WaitResult reason = value_ ? WaitResult::Event : wait_.until(deadline);
    left_ = true;
    if (value_) {
      return std::move(*value_);
    }
    return reason;
  }

  /// Instead of wait: nobody takes the value.
  void leave() {
    left_ = true;
    if (value_ && untaken_) {
      untaken_(std::move(*value_));
    }
  }

 private:
  void arrive(T&& value) {
    if (!left_) {
      value_ = std::move(value);
      wait_.notify();
    } else if (untaken_) {
      untaken_(std::move(value));
    }
  }

  // All but loop_ on the loop's thread alone.
  Loop& loop_;
  const std::function<void(T&&)> untaken_;
  Wait wait_;
  std::optional<T> value_;
  bool left_ = false;
};

}  // namespace llmsnap::io
