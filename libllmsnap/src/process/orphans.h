// reap_orphans: buries exited processes that became our children because their parents had died.
// Thread rule: the thread that starts all children of the library's, and that alone.
#pragma once

#include <cstddef>

namespace llmsnap::process {

class GroupGuard;

/// For a process that is PID 1 or a subreaper. Spares the children that `guard` knows: they are
/// buried by their owners. Answers with the number that was reaped.
std::size_t reap_orphans(const GroupGuard* guard);

}  // namespace llmsnap::process
