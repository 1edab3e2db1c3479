// The `timeouts` of a model or peer: those of the connections to its server.
// Thread rule: used by the thread that loads.
#pragma once

#include "config/field.h"
#include "llmsnap/connection_timeouts.h"

namespace llmsnap {

Result<void> read_timeouts(const Field& section, ConnectionTimeouts& out);

}  // namespace llmsnap
