#include "schedule/failure_record.h"

#include <chrono>
#include <utility>

namespace llmsnap::schedule {
namespace {

/// From so many failures in a row on there is one try a minute.
constexpr int OpenCircuit = 5;
constexpr std::chrono::seconds CircuitPause{60};
/// A life of this length makes up for the failures before it.
constexpr std::chrono::seconds GoodLife{60};

std::chrono::seconds pause_after(int failures) {
  return failures < OpenCircuit ? std::chrono::seconds(1 << (failures - 1)) : CircuitPause;
}

}  // namespace

void FailureRecord::start_failed(Time now, std::string why) {
  ++in_a_row_;
  retry_at_ = now + pause_after(in_a_row_);
  why_ = std::move(why);
}

void FailureRecord::life_ended(Time now, Time ready_since, std::string why) {
  if (now - ready_since >= GoodLife) {
    in_a_row_ = 0;
  }
  ++in_a_row_;
  retry_at_ = in_a_row_ == 1 ? now : now + pause_after(in_a_row_);
  why_ = std::move(why);
}

void FailureRecord::life_stopped(Time now, Time ready_since) {
  if (now - ready_since >= GoodLife) {
    forgive();
  }
}

void FailureRecord::forgive() {
  in_a_row_ = 0;
  retry_at_ = Time::min();
}

}  // namespace llmsnap::schedule
