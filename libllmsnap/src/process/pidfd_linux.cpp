#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "base/clock.h"
#include "process/pidfd.h"

namespace llmsnap::process {
namespace {

// Also in glibc, but not in that of every system whose kernel knows it.
constexpr auto WaitByPidfd = static_cast<idtype_t>(3);

bool wait_for(const UniqueFd& pidfd, siginfo_t& found, int options) {
  found = {};
  const auto id = static_cast<id_t>(pidfd.get());
  while (::waitid(WaitByPidfd, id, &found, WEXITED | WNOHANG | options) != 0) {
    if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

}  // namespace

UniqueFd open_pidfd(pid_t pid) {
  return UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
}

bool send_signal(const UniqueFd& pidfd, int signal) {
  return ::syscall(SYS_pidfd_send_signal, pidfd.get(), signal, nullptr, 0) == 0;
}

Look look_at(const UniqueFd& pidfd) {
  siginfo_t found;
  if (!wait_for(pidfd, found, WNOWAIT)) {
    return Look::NotOurs;
  }
  return found.si_pid == 0 ? Look::Running : Look::Exited;
}

bool await_exit(const UniqueFd& pidfd, std::chrono::milliseconds patience) {
  const Deadline deadline = SteadyClock::now() + patience;
  pollfd waiting{pidfd.get(), POLLIN, 0};
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - SteadyClock::now());
    const int count = ::poll(&waiting, 1, left.count() > 0 ? static_cast<int>(left.count()) : 0);
    if (count != -1 || errno != EINTR) {
      return count > 0;
    }
  }
}

std::optional<ExitStatus> reap(const UniqueFd& pidfd) {
  siginfo_t found;
  if (!wait_for(pidfd, found, 0) || found.si_pid == 0) {
    return std::nullopt;
  }
  const bool exited = found.si_code == CLD_EXITED;
  return ExitStatus{exited ? ExitStatus::How::Exited : ExitStatus::How::Signalled, found.si_status};
}

}  // namespace llmsnap::process
