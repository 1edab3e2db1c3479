// spawn: starts a program as the leader of a process group of its own.
// Thread rule: any thread that lives as long as the program: it is killed when its thread ends.
#pragma once

#include <sys/types.h>

#include "base/unique_fd.h"
#include "llmsnap/result.h"
#include "process/launch.h"

namespace llmsnap::process {

struct Spawned {
  pid_t pid = -1;   ///< also the number of its group
  UniqueFd pidfd;   ///< readable when it has exited; the caller reaps it
  UniqueFd output;  ///< its standard output and error; does not block
};

/// Blocks until the program runs or could not be started. It gets what a login shell would give it:
/// default signals, none blocked, /dev/null to read from, no descriptor of ours, no core files. A
/// name without a slash is looked up on the absolute folders of our own PATH. The error says what
/// was tried, and why it failed in words; no process is left then.
Result<Spawned> spawn(const Launch& launch);

}  // namespace llmsnap::process
