// counts_as_failure: what an answer's status says about the server that gave it.
// Thread rule: a pure function.
#pragma once

namespace llmsnap::upstream {

/// Whether it says that the server cannot serve: 5xx, but not 501 (never could) and 503 (not now).
constexpr bool counts_as_failure(int status) {
  return status >= 500 && status != 501 && status != 503;
}

}  // namespace llmsnap::upstream
