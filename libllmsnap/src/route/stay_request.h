// requested_stay: how long a request's body asks its model to stay loaded afterwards.
// Thread rule: a pure function.
#pragma once

#include <optional>
#include <string_view>

#include "llmsnap/result.h"
#include "route/json_scan.h"
#include "schedule/keep_alive.h"

namespace llmsnap::route {

/// `keep_alive`, as Ollama has it: seconds, a text such as `10m`, 0, negative for ever; or `ttl`,
/// seconds. `body`: what the facts were found in. Nothing: it names neither, or null. Where it
/// names both, keep_alive counts. Error: BadRequest, a value that means no time.
Result<std::optional<schedule::KeepAlive>> requested_stay(std::string_view body,
                                                          const BodyFacts& facts);

}  // namespace llmsnap::route
