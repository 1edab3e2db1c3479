// IdleCheck: has one instance asked for its health at intervals, while it is ready and has nothing
// to do. Thread rule: the control thread's.
#pragma once

#include <chrono>
#include <cstdint>

#include "io/timers.h"
#include "llmsnap/result.h"

namespace llmsnap::schedule {

struct Member;

/// A model that has served within the interval is not asked: its answers tell more.
class IdleCheck final : public io::Timer {
 public:
  /// `member` must outlive it, and its runner. Never, until `every` is called.
  IdleCheck(io::Timers& timers, Member& member) : Timer(timers), member_(member) {}

  /// Zero: never.
  void every(std::chrono::milliseconds interval);

  /// It serves, from now on.
  void begin();

  /// What it said in that life. After too much of it, it is examined.
  void heard(std::uint32_t incarnation, const Result<void>& said);

 private:
  void expired() override;

  Member& member_;
  std::chrono::milliseconds interval_{0};
};

}  // namespace llmsnap::schedule
