#include "peer/inquiry.h"

#include <algorithm>
#include <chrono>

namespace llmsnap::peer {
namespace {

constexpr std::chrono::seconds StatesPause{15};
constexpr std::chrono::seconds HealthPause{30};
constexpr std::chrono::minutes WithoutRunning{10};

}  // namespace

void Inquiry::told(Said running, Said listing, Time now) {
  tells_states_ = running == Said::States || listing == Said::States;
  if (running == Said::Refused || (listing == Said::Refused && !tells_states_)) {
    refused_.failed(now);
  } else if (running != Said::NotAsked) {
    refused_.forgive();
  }
  switch (running) {
    case Said::NotAsked:
      break;
    case Said::States:
      running_at_ = Time::min();
      break;
    case Said::Refused:
      running_at_ = refused_.retry_at();
      break;
    case Said::Nothing:
    case Said::Names:
      running_at_ = now + WithoutRunning;
      break;
  }
  if (listing_ != Said::NotAsked && listing_ != listing) {
    running_at_ = Time::min();
  }
  listing_ = listing;
}

Inquiry::Time Inquiry::next_round(Time ended, Time heard) const {
  if (tells_states_ || listing_ == Said::NotAsked) {
    return ended + StatesPause;
  }
  if (listing_ == Said::Refused) {
    return refused_.retry_at();
  }
  return std::max(ended, heard) + HealthPause;
}

}  // namespace llmsnap::peer
