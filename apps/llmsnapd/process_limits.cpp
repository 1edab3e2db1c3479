#include "process_limits.h"

#include <sys/prctl.h>
#include <sys/resource.h>

#include <csignal>

namespace llmsnapd {

std::uint64_t raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
    return 0;
  }
  rlimit raised = limit;
  raised.rlim_cur = limit.rlim_max;
  return setrlimit(RLIMIT_NOFILE, &raised) == 0 ? raised.rlim_cur : limit.rlim_cur;
}

void ignore_broken_pipes() {
  std::signal(SIGPIPE, SIG_IGN);
}

void become_subreaper() {
  prctl(PR_SET_CHILD_SUBREAPER, 1);
}

}  // namespace llmsnapd
