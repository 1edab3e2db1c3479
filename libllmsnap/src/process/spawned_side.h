// The side of spawn that runs in the new process, before its program does.
// Thread rule: async-signal-safe; it shares the memory of the thread that waits for it.
#pragma once

#include <sys/types.h>

namespace llmsnap::process {

enum class SpawnStep : int { Prepare, EnterFolder, Execute };

/// What came in the way, as sent through SpawnPlan::report.
struct SpawnFailure {
  SpawnStep step = SpawnStep::Prepare;
  int error = 0;
};

/// All that the new process needs. It must not allocate: another thread may hold the lock of the
/// heap for ever.
struct SpawnPlan {
  const char* program = nullptr;
  char* const* argv = nullptr;
  char* const* environment = nullptr;
  const char* folder = nullptr;  ///< null: stay
  int input = -1;                ///< none of the three may be 0, 1 or 2
  int output = -1;
  int report = -1;  ///< closed by a successful start
  pid_t parent = -1;
};

/// Never returns: becomes the program, or reports a SpawnFailure and exits.
[[noreturn]] void become_program(const SpawnPlan& plan);

}  // namespace llmsnap::process
