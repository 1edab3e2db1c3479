// A response head from a server we do not own, read with the same distrust as a request's.
// Thread rule: pure functions and plain values; views point into the caller's buffer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "llmsnap/result.h"
#include "wire/request_head.h"

namespace llmsnap::wire {

struct ResponseHead {
  int status = 0;
  std::string_view reason;
  int minor_version = 1;
  Fields fields;
  Framing framing = Framing::UntilClose;  ///< None for HEAD, 1xx, 204, 304
  std::uint64_t content_length = 0;       ///< also what an answer without a body announced
  bool has_length = false;                ///< there was a Content-Length
  bool keep_alive = true;                 ///< the connection may be used again after this answer
};

/// Bytes of a complete head at the start of `buffer`, 0 if more is needed, or why it never can be
/// one. `scanned` (0 at the start of each head, kept by the caller) remembers how far it looked.
Result<std::size_t> scan_response_head(std::string_view buffer, std::size_t& scanned,
                                       const HeadLimits& limits);

/// Parses a complete head. Every error is UpstreamFailed. `to_head` says the request was HEAD.
Result<void> parse_response_head(std::string_view bytes, bool to_head, const HeadLimits& limits,
                                 ResponseHead& head);

}  // namespace llmsnap::wire
