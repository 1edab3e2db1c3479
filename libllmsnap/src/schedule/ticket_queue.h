// TicketQueue: who waits for one instance, oldest first.
// Thread rule: a plain value of the planner's. PURE.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <set>

#include "schedule/state.h"

namespace llmsnap::schedule {

class TicketQueue {
 public:
  enum class Kind { Request, Load };
  struct Waiting {
    Ticket ticket;
    Kind kind;
    Time arrived;
    Time since;           ///< when it began to wait, here or for another one; not after `arrived`
    std::uint64_t order;  ///< over all instances, rising
  };

  bool empty() const { return waiting_.empty(); }
  std::size_t size() const { return waiting_.size(); }
  const Waiting& head() const { return waiting_.front(); }

  /// How many came before that ticket; all, if it is not here.
  std::size_t before(Ticket ticket) const {
    const auto found = std::find_if(waiting_.begin(), waiting_.end(),
                                    [ticket](const Waiting& w) { return w.ticket == ticket; });
    return static_cast<std::size_t>(found - waiting_.begin());
  }

  /// When the one that has waited longest began to, here or for others.
  Time longest_since() const { return *since_.begin(); }

  void add(const Waiting& waiting) {
    waiting_.push_back(waiting);
    since_.insert(waiting.since);
  }

  /// Removes the oldest.
  Waiting take() {
    return *take_if([](const Waiting&) { return true; });
  }

  /// Removes the one that longest_since is about.
  Waiting take_longest() {
    return *take_if([since = longest_since()](const Waiting& w) { return w.since == since; });
  }

  /// Removes the oldest of that kind, if there is one.
  std::optional<Waiting> take(Kind kind) {
    return take_if([kind](const Waiting& waiting) { return waiting.kind == kind; });
  }

  void cancel(Ticket ticket) {
    take_if([ticket](const Waiting& waiting) { return waiting.ticket == ticket; });
  }

 private:
  template <typename Predicate>
  std::optional<Waiting> take_if(Predicate predicate) {
    const auto found = std::find_if(waiting_.begin(), waiting_.end(), predicate);
    if (found == waiting_.end()) {
      return std::nullopt;
    }
    const Waiting taken = *found;
    waiting_.erase(found);
    since_.erase(since_.find(taken.since));
    return taken;
  }

  std::deque<Waiting> waiting_;
  std::multiset<Time> since_;  ///< of all of them
};

}  // namespace llmsnap::schedule
