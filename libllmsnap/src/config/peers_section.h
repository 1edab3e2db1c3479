// The `peers` section: other servers whose models are served too.
// Thread rule: used by the thread that loads.
#pragma once

#include "config/field.h"
#include "llmsnap/config.h"

namespace llmsnap {

/// Fills `out.peers`; after `out.models`, whose names no peer's model may have. Where it fails,
/// `out.peers` has all peers with what could be read of them.
Result<void> read_peers(const Field& section, Config& out);

}  // namespace llmsnap
