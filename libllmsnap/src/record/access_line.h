// access_line: one finished request as one line of the access log.
// Thread rule: pure functions.
#pragma once

#include <string>

#include "llmsnap/config.h"
#include "llmsnap/traffic_record.h"

namespace llmsnap::record {

/// False for what would only fill the log: what monitors poll of the gateway (/wol-health,
/// /metrics, /api/performance).
bool belongs_in_access_log(const TrafficRecord& record);

/// Text: `Request 127.0.0.1 "POST /v1/completions HTTP/1.1" 200 5120 "curl/8" 12.345ms "m" 0d9c`:
/// the last two are the model's id and the request's, `-` where there is none; before them stands
/// how an answer broke, and why, if it did. Json: one object. Off: empty. No line end, and nothing
/// the client sent can add a line or end a quoted part; the log's own escaping leaves either line
/// as it is.
std::string access_line(const TrafficRecord& record, AccessLogFormat format);

}  // namespace llmsnap::record
