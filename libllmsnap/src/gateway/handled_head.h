// make_head: the request of a program with its own transport, through the same strict parser as
// every other. Thread rule: a pure function; the head's views point into `bytes`.
#pragma once

#include <string>

#include "llmsnap/config.h"
#include "llmsnap/message.h"
#include "llmsnap/result.h"
#include "wire/request_head.h"

namespace llmsnap {

/// Errors as parse_request_head's; BadRequest for a field with CR, LF or NUL in it.
Result<void> make_head(const GatewayRequest& request, const Limits& limits, std::string& bytes,
                       wire::RequestHead& head);

}  // namespace llmsnap
