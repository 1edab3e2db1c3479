// The in-flight list in the references' shape, as the data of an `inflight` event.
// Thread rule: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "live/in_flight.h"

namespace llmsnap::live {

/// Credentials in fields are redacted in all of them.
std::string snapshot_json(const std::vector<Sight>& sights, SteadyClock::time_point now);
std::string upsert_json(const Sight& sight, SteadyClock::time_point now);
std::string remove_json(std::uint64_t number);

}  // namespace llmsnap::live
