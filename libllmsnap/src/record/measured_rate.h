// measured_rate: how many tokens a second came, where the server does not tell.
// Thread rule: a pure function.
#pragma once

#include <optional>

#include "llmsnap/traffic_record.h"

namespace llmsnap::record {

/// Of `record`'s output tokens, whose last byte came at `end`. From the first to the last piece of
/// a stream, unless that is faster than any server is: then somebody has kept them back. Else from
/// the moment when the model was ready for the request, or where that is not known, from the
/// request's arrival. Absent without tokens or time.
std::optional<double> measured_rate(const TrafficRecord& record,
                                    TrafficRecord::Clock::time_point end);

}  // namespace llmsnap::record
