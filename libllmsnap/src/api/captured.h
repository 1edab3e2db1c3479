// captured: the capture that a path names.
// Thread rule: called on the request's fiber, which waits while it is unpacked.
#pragma once

#include <cstdint>

#include "api/call.h"
#include "capture/traffic_capture.h"
#include "llmsnap/result.h"

namespace llmsnap::api {

struct Captured {
  std::uint64_t id = 0;
  TrafficCapture capture;
};

/// BadRequest: the path has no id. NotFound.
Result<Captured> captured(const Call& call);

}  // namespace llmsnap::api
