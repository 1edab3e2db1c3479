// The variable that every child of a gateway has in its environment, so that what escaped its group
// and its parents can still be found. Thread rule: any thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"

namespace llmsnap::process {

/// `LLMSNAP_INSTANCE=<number of this process>:<its start>:<serial>`, for the environment of one
/// life of one instance.
std::string own_marker(std::uint64_t serial);

/// What every marker of this process begins with, up to the serial.
std::string own_marker_start();

/// Whether a variable, NAME=value, is a marker of this process. That of a gateway around it, which
/// it may have inherited, is not.
bool is_own_marker(std::string_view variable);

/// Whether that process was started by a gateway that lives, or may live in another pid namespace.
bool is_of_living_gateway(pid_t pid);

struct Leftover {
  pid_t pid = -1;
  std::string command;
  UniqueFd pidfd;
};

/// The processes of our user, and in our pid namespace, that carry the marker of a gateway which
/// lives no more. Never this process.
std::vector<Leftover> find_leftovers();

/// SIGKILL to all of them; answers with those that were there. They are gone a moment later, and
/// their ports and memory with them.
std::vector<Leftover> kill_leftovers();

/// SIGKILL to all that carry exactly this marker, but this process.
std::vector<Leftover> kill_marked(std::string_view marker);

}  // namespace llmsnap::process
