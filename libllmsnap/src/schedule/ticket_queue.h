// TicketQueue: who waits for one instance, oldest first.
// Thread rule: a plain value of the planner's. PURE.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include "schedule/state.h"

namespace llmsnap::schedule {

class TicketQueue {
 public:
  enum class Kind { Request, Load };
  struct Waiting {
    Ticket ticket;
    Kind kind;
    Time arrived;
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

  void add(const Waiting& waiting) { waiting_.push_back(waiting); }

  /// Removes the oldest.
  Waiting take() {
    const Waiting first = waiting_.front();
    waiting_.pop_front();
    return first;
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
    return taken;
  }

  std::deque<Waiting> waiting_;
};

}  // namespace llmsnap::schedule
