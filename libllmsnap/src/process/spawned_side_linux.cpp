#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "process/spawned_side.h"

namespace llmsnap::process {
namespace {

constexpr int FailedToStart = 127;

[[noreturn]] void give_up(const SpawnPlan& plan, SpawnStep step) {
  const SpawnFailure failure{step, errno};
  [[maybe_unused]] const ssize_t sent = ::write(plan.report, &failure, sizeof(failure));
  ::_exit(FailedToStart);
}

/// Handlers first: one of ours that ran here would run in the memory of the gateway. And what is
/// ignored or blocked at an exec stays so in the program.
void reset_signals() {
  struct sigaction by_default {};
  by_default.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) {
    ::sigaction(signal, &by_default, nullptr);  // refused for KILL, STOP and two of the C library's
  }
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

/// Ours are close-on-exec from birth; those of the application around us may not be.
void close_all_on_exec() {
  constexpr unsigned First = 3;
  constexpr unsigned CloseOnExec = 1U << 2;
  if (::syscall(SYS_close_range, First, ~0U, CloseOnExec) == 0) {
    return;
  }
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  constexpr rlim_t Enough = 65'536;
  const int end = static_cast<int>(limit.rlim_cur < Enough ? limit.rlim_cur : Enough);
  for (int fd = First; fd < end; ++fd) {
    ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  }
}

void write_no_core() {
  rlimit limit{};
  ::getrlimit(RLIMIT_CORE, &limit);
  limit.rlim_cur = 0;  // the hard limit stays: a program may ask for one
  ::setrlimit(RLIMIT_CORE, &limit);
}

}  // namespace

void become_program(const SpawnPlan& plan) {
  if (::setpgid(0, 0) != 0 || ::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) {
    give_up(plan, SpawnStep::Prepare);
  }
  if (::getppid() != plan.parent) {
    ::_exit(FailedToStart);  // it died before the line above
  }
  reset_signals();
  if (::dup2(plan.input, STDIN_FILENO) < 0 || ::dup2(plan.output, STDOUT_FILENO) < 0 ||
      ::dup2(plan.output, STDERR_FILENO) < 0) {
    give_up(plan, SpawnStep::Prepare);
  }
  close_all_on_exec();
  write_no_core();
  if (plan.folder != nullptr && ::chdir(plan.folder) != 0) {
    give_up(plan, SpawnStep::EnterFolder);
  }
  ::execve(plan.program, plan.argv, plan.environment);
  give_up(plan, SpawnStep::Execute);
}

}  // namespace llmsnap::process
