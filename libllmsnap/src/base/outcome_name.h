// name_of an Outcome: how a request ended, as one word, the same in log lines and stored rows.
// Thread rule: a pure function.
#pragma once

#include <string_view>

#include "llmsnap/traffic_record.h"

namespace llmsnap {

constexpr std::string_view name_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::Complete:
      return "complete";
    case Outcome::ClientLeft:
      return "client_left";
    case Outcome::Cancelled:
      return "cancelled";
    case Outcome::UpstreamBroke:
      return "upstream_broke";
    case Outcome::Refused:
      return "refused";
    case Outcome::Shutdown:
      return "shutdown";
  }
  return "";
}

}  // namespace llmsnap
