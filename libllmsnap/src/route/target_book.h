// TargetBook: how many requests each target of a selector has, and which of them refused lately.
// Thread rule: any thread. It has no clock: who calls says what time it is.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/back_off.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "route/refusal.h"
#include "route/selector.h"

namespace llmsnap::route {

/// Lives as long as the selector stays in the config as it is, and its last request.
class TargetBook {
 public:
  explicit TargetBook(std::size_t targets) : entries_(targets) {}
  TargetBook(const TargetBook&) = delete;
  TargetBook& operator=(const TargetBook&) = delete;

  /// Chooses and counts the request in one step, so that two at once see each other. Of `targets`
  /// the caller fills what this does not know: state, tried, and why else one cools down.
  std::optional<std::size_t> choose(SelectorStrategy strategy, int spillover,
                                    std::vector<TargetStatus> targets, SteadyClock::time_point now);
  void leave(std::size_t target);

  /// A request for which it was `chosen` then was refused now. It is not chosen again at once,
  /// while another one can be: where it fails, after 1, 2, 4, ... 60 s; where it is busy, after the
  /// pause it asked for.
  void refused(std::size_t target, SteadyClock::time_point chosen, const Refusal& refusal,
               SteadyClock::time_point now);
  void served(std::size_t target);

 private:
  struct Entry {
    std::size_t reservations = 0;
    BackOff back_off;
  };

  Mutex mutex_;
  std::vector<Entry> entries_ GUARDED_BY(mutex_);
  std::size_t rotation_ GUARDED_BY(mutex_) = 0;
};

/// A request's place at a target, until it has ended.
class Reservation {
 public:
  Reservation() = default;
  Reservation(std::shared_ptr<TargetBook> book, std::size_t target)
      : book_(std::move(book)), target_(target) {}
  ~Reservation() { give_back(); }
  Reservation(Reservation&& other) noexcept
      : book_(std::move(other.book_)), target_(other.target_) {}
  Reservation& operator=(Reservation&& other) noexcept {
    if (this != &other) {
      give_back();
      book_ = std::move(other.book_);
      target_ = other.target_;
    }
    return *this;
  }

 private:
  void give_back() {
    if (const auto book = std::move(book_)) {
      book->leave(target_);
    }
  }

  std::shared_ptr<TargetBook> book_;  // the other owner: the selection
  std::size_t target_ = 0;
};

}  // namespace llmsnap::route
