// FailureRecord: how often an instance failed in a row, why, and when it may be tried again.
// Thread rule: a plain value of the planner's. PURE.
#pragma once

#include <string>

#include "base/back_off.h"
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
  void forgive() { back_off_.forgive(); }

  bool backing_off(Time now) const { return back_off_.backing_off(now); }
  Time retry_at() const { return back_off_.retry_at(); }
  int in_a_row() const { return back_off_.in_a_row(); }
  const std::string& why() const { return why_; }

 private:
  BackOff back_off_;
  std::string why_;
};

}  // namespace llmsnap::schedule
