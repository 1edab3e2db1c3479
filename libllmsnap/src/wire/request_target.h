// The request target: its four forms, checked and reduced to the one that is passed on.
// Thread rule: pure functions; views point into the caller's buffer or at literals.
#pragma once

#include <string_view>

#include "llmsnap/result.h"

namespace llmsnap::wire {

struct RequestTarget {
  std::string_view target;     ///< origin form, or `*`
  std::string_view path;       ///< up to the first `?`
  std::string_view query;      ///< behind it
  std::string_view authority;  ///< of an absolute form; else empty
};

/// Errors are BadRequest. An absolute form with a query but no path is refused: there is no
/// contiguous origin form of it, and no client writes it.
Result<RequestTarget> parse_request_target(std::string_view method, std::string_view target);

}  // namespace llmsnap::wire
