// kill_marked: SIGKILL to every process whose environment has a marker of one gateway.
// Thread rule: the helper program has one thread. Without a C library.
#pragma once

namespace llmsnap::process::guard {

/// `marker` is what its markers begin with; empty: nobody is killed. Of several markers in one
/// environment the last one counts: a gateway that runs under a gateway adds its own.
void kill_marked(const char* marker);

}  // namespace llmsnap::process::guard
