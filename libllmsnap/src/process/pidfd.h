// What can be done with a process through a descriptor of it, which never means another process
// even when its number is used again. Thread rule: any thread.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>

#include "base/unique_fd.h"
#include "process/exit_status.h"

namespace llmsnap::process {

/// Of the process that has this number now; nothing, with errno set, if there is none.
UniqueFd open_pidfd(pid_t pid);

/// True if it was there to be signalled; a zombie is. Signal 0 only asks.
bool send_signal(const UniqueFd& pidfd, int signal);

/// Whether a child of ours has exited. Looks only: it stays a zombie, which keeps its number.
enum class Look { Running, Exited, NotOurs };
Look look_at(const UniqueFd& pidfd);

/// Waits for the exit, no longer than `patience`; whoever's child it is.
bool await_exit(const UniqueFd& pidfd, std::chrono::milliseconds patience);

/// Takes the status of a child that has exited, which frees its number; nothing if it has not, or
/// someone else took it.
std::optional<ExitStatus> reap(const UniqueFd& pidfd);

}  // namespace llmsnap::process
