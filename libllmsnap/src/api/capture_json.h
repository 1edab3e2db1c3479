// A capture as clients get it: the references' shape, and what we know besides.
// Thread rule: pure functions; they decode whole bodies.
#pragma once

#include <cstdint>
#include <string>

#include "capture/traffic_capture.h"

namespace llmsnap::api {

/// `id`, `req_path`, `req_headers`, `req_body`, `resp_headers`, `resp_body`: bodies in base64, the
/// answer's without its Content-Encoding. Of ours: `method`, `status`, `request_id`, `req_size`,
/// `resp_size`, `req_truncated`, `resp_truncated`, `req_redacted`, `resp_broken` (it has no end:
/// its server broke it, or its client left), and `resp_pieces`, for each piece the milliseconds
/// since the request and its bytes in `resp_body`.
std::string capture_json(std::uint64_t id, const TrafficCapture& capture);

}  // namespace llmsnap::api
