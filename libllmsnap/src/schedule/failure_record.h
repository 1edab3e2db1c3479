// FailureRecord: how often an instance failed in a row, and when it may be tried again.
// Thread rule: a plain value of the planner's. PURE.
#pragma once

#include <string>

#include "schedule/state.h"

namespace llmsnap::schedule {

class FailureRecord {
 public:
  /// A start that did not get ready.
  void start_failed(Time now, std::string why);
  /// A life that ended by itself. The first one may be followed by a start at once: it may have
  /// been one bad request.
  void life_ended(Time now, Time ready_since, std::string why);
  /// A ready life that was told to stop: no failure, and a long one makes up for those before it.
  void life_stopped(Time now, Time ready_since);
  void forgive();

  bool backing_off(Time now) const { return now < retry_at_; }
  Time retry_at() const { return retry_at_; }
  int in_a_row() const { return in_a_row_; }
  const std::string& why() const { return why_; }

 private:
  int in_a_row_ = 0;
  Time retry_at_ = Time::min();
  std::string why_;
};

}  // namespace llmsnap::schedule
