// ExitStatus: how a process ended.
// Thread rule: a plain value.
#pragma once

#include <string>

namespace llmsnap::process {

struct ExitStatus {
  enum class How { Exited, Signalled };
  How how = How::Exited;
  int number = 0;  ///< exit code or signal; code -1: unknown, someone else waited for it
};

/// "exited with code 1", "was killed by signal 9 (SIGKILL, possibly out of memory)".
std::string describe(const ExitStatus& status);

}  // namespace llmsnap::process
