#include <sys/wait.h>
#include <unistd.h>

#include "process/group_guard.h"
#include "process/orphans.h"
#include "process/proc_files.h"

namespace llmsnap::process {

std::size_t reap_orphans(const GroupGuard* guard) {
  std::size_t reaped = 0;
  for (const pid_t pid : children_of(::getpid())) {
    if (guard != nullptr && guard->knows(pid)) {
      continue;
    }
    siginfo_t how{};
    const bool known = ::waitid(P_PID, static_cast<id_t>(pid), &how, WEXITED | WNOHANG) == 0;
    reaped += known && how.si_pid != 0 ? 1 : 0;
  }
  return reaped;
}

}  // namespace llmsnap::process
