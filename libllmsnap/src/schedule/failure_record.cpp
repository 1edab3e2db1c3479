#include "schedule/failure_record.h"

#include <chrono>
#include <utility>

namespace llmsnap::schedule {
namespace {

/// A life of this length makes up for the failures before it.
constexpr std::chrono::seconds GoodLife{60};

}  // namespace

void FailureRecord::start_failed(Time now, std::string why) {
  back_off_.failed(now);
  why_ = std::move(why);
}

void FailureRecord::life_ended(Time now, Time ready_since, std::string why) {
  if (now - ready_since >= GoodLife) {
    forgive();
  }
  if (back_off_.in_a_row() == 0) {
    back_off_.failed_excusably(now);
  } else {
    back_off_.failed(now);
  }
  why_ = std::move(why);
}

void FailureRecord::life_stopped(Time now, Time ready_since) {
  if (now - ready_since >= GoodLife) {
    forgive();
  }
}

}  // namespace llmsnap::schedule
