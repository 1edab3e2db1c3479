// The head of a request as it goes out: written anew, with framing and Connection decided here.
// Thread rule: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "llmsnap/result.h"
#include "upstream/exchange.h"
#include "wire/request_head.h"

namespace llmsnap::upstream {

struct RequestFraming {
  wire::Framing kind = wire::Framing::None;  ///< None, Length or Chunked
  std::uint64_t length = 0;
};

/// Length where the body knows it, else Chunked. Without a body: Length 0 for the methods that are
/// expected to have one, None for the others.
RequestFraming choose_framing(std::string_view method, const BodySource* body);

/// True where the request goes to a proxy in absolute form, and not through a tunnel.
bool is_in_absolute_form(const OutgoingRequest& request);

/// Request line, the given fields in their order, framing, Connection and Upgrade, empty line.
/// Given fields with one of these four names are left out: they would contradict ours. BadRequest
/// when a part holds a byte that would end its line (or, in the request line, a space).
Result<std::string> write_request_head(const OutgoingRequest& request,
                                       const RequestFraming& framing);

}  // namespace llmsnap::upstream
