#include "process/group_guard.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "base/unique_fd.h"
#include "process/guard_command.h"
#include "process/guard_program.h"
#include "process/instance_marker.h"

namespace llmsnap::process {
namespace {

#if defined(MFD_EXEC)
constexpr unsigned MemfdExec = MFD_EXEC;
#else
constexpr unsigned MemfdExec = 0x10;
#endif
constexpr auto WaitByPidfd = static_cast<idtype_t>(3);  // P_PIDFD, in glibc from 2.36 on

Error cannot_start(std::string_view step, int error) {
  return {ErrorCode::System, fmt::format("cannot start the guard of the process groups: {}: {}",
                                         step, std::strerror(error))};
}

/// Files without a name, in the order in which they are tried. In memory only: some systems forbid
/// to execute those (vm.memfd_noexec). On disk: some mount these folders so.
constexpr std::array<const char*, 5> Places{"", "/run", "/dev/shm", "/tmp", "/var/tmp"};

UniqueFd nameless_file(std::string_view place) {
  if (!place.empty()) {
    return UniqueFd(::open(place.data(), O_TMPFILE | O_RDWR | O_CLOEXEC, S_IRWXU));
  }
  constexpr auto Name = "llmsnap-guard";
  UniqueFd file(::memfd_create(Name, MFD_CLOEXEC | MemfdExec));
  if (!file && errno == EINVAL) {  // a kernel before 6.3, where all of them can be executed
    file = UniqueFd(::memfd_create(Name, MFD_CLOEXEC));
  }
  return file;
}

/// What is open for writing cannot be executed, but for a file in memory.
UniqueFd reopened(UniqueFd file) {
  return UniqueFd(
      ::open(fmt::format("/proc/self/fd/{}", file.get()).c_str(), O_RDONLY | O_CLOEXEC));
}

/// The helper program in a file there.
Result<UniqueFd> program_file(std::string_view place) {
  const std::string where = place.empty() ? "memory" : std::string(place);
  UniqueFd file = nameless_file(place);
  if (!file) {
    return cannot_start("create a file in " + where, errno);
  }
  for (std::span<const unsigned char> rest = guard_program(); !rest.empty();) {
    const ssize_t written = ::write(file.get(), rest.data(), rest.size());
    if (written < 0) {
      return cannot_start("write to a file in " + where, errno);
    }
    rest = rest.subspan(static_cast<std::size_t>(written));
  }
  if (!place.empty()) {
    file = reopened(std::move(file));
  }
  if (file.get() == STDIN_FILENO) {  // the host had closed it, and the helper needs the number
    file = UniqueFd(::fcntl(file.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  }
  return file ? Result<UniqueFd>(std::move(file))
              : cannot_start("open a file again in " + where, errno);
}

struct Launching {
  int program;
  int commands;
  char* const* argv;
  char* const* environment;
  volatile int error;  // written by the child, which shares our memory until it runs the program
};

/// In the child, between vfork and exec: nothing but system calls. All signals are blocked, and
/// stay so in the program; its session is its own at once.
[[noreturn]] void become_helper(Launching& launching) {
  ::setsid();
  // dup2 onto itself would leave the descriptor to be closed by exec.
  const bool in_place = launching.commands == STDIN_FILENO;
  if (in_place ? ::fcntl(STDIN_FILENO, F_SETFD, 0) == 0
               : ::dup2(launching.commands, STDIN_FILENO) == STDIN_FILENO) {
    ::syscall(SYS_execveat, launching.program, "", launching.argv, launching.environment,
              AT_EMPTY_PATH);
  }
  launching.error = errno;
  ::_exit(127);
}

pid_t vfork_helper(Launching& launching) {
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t pid = ::vfork();
  if (pid == 0) {
    become_helper(launching);
  }
  const int error = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  return pid;
}

/// The running helper program; the destructor ends it, and it kills nobody.
class Helper {
 public:
  /// In the first place that lets it run.
  static Result<std::unique_ptr<Helper>> launch();

  ~Helper() {
    if (::getpid() != owner_) {
      return;  // a process that the host has forked ends, and the helper is not its own
    }
    // By a signal that it cannot see and not by the end of its commands, which means our death.
    ::syscall(SYS_pidfd_send_signal, pidfd_.get(), SIGKILL, nullptr, 0);
    reap();
  }
  Helper(const Helper&) = delete;
  Helper& operator=(const Helper&) = delete;

  pid_t pid() const { return pid_; }
  bool lives() const {
    pollfd exit{pidfd_.get(), POLLIN, 0};
    return ::poll(&exit, 1, 0) == 0;
  }

  enum class Sent { Yes, Full, Dead };
  template <typename Packet>
  Sent send(const Packet& packet) {
    while (::send(commands_.get(), &packet, sizeof(packet), MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
      if (errno != EINTR) {
        return errno == EAGAIN || errno == ENOBUFS ? Sent::Full : Sent::Dead;
      }
    }
    return Sent::Yes;
  }

  /// Once, before all commands: the helper takes the first packet for it.
  bool greet() {
    GuardGreeting greeting{};
    own_marker_start().copy(greeting.marker, sizeof(greeting.marker) - 1);
    return send(greeting) == Sent::Yes;
  }

 private:
  static Result<std::unique_ptr<Helper>> launch_from(std::string_view place);
  Helper(pid_t pid, UniqueFd pidfd, UniqueFd commands)
      : pid_(pid), pidfd_(std::move(pidfd)), commands_(std::move(commands)) {}

  /// It was killed. An error: somebody in this process has reaped it before us.
  void reap() {
    siginfo_t how{};
    while (::waitid(WaitByPidfd, static_cast<id_t>(pidfd_.get()), &how, WEXITED) != 0 &&
           errno == EINTR) {
    }
  }

  const pid_t owner_ = ::getpid();
  const pid_t pid_;
  const UniqueFd pidfd_;
  // Nobody but us may hold this end, or our death goes unseen: no program that we or others start
  // does (close-on-exec). A process that the host forks without exec does, and nothing helps there.
  const UniqueFd commands_;
};

Result<std::unique_ptr<Helper>> Helper::launch() {
  Result<std::unique_ptr<Helper>> first = launch_from(Places.front());
  for (std::size_t i = 1; i < Places.size() && !first; ++i) {
    if (Result<std::unique_ptr<Helper>> other = launch_from(Places[i])) {
      return other;
    }
  }
  return first;
}

Result<std::unique_ptr<Helper>> Helper::launch_from(std::string_view place) {
  Result<UniqueFd> program = program_file(place);
  if (!program) {
    return program.error();
  }
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return cannot_start("socketpair", errno);
  }
  UniqueFd ours(ends[0]);
  const UniqueFd theirs(ends[1]);
  std::string title = fmt::format("llmsnap-guard of process {}", ::getpid());
  std::array<char*, 2> argv{title.data(), nullptr};
  std::array<char*, 1> environment{nullptr};
  Launching launching{program->get(), theirs.get(), argv.data(), environment.data(), 0};
  const pid_t pid = vfork_helper(launching);
  if (pid < 0) {
    return cannot_start("vfork", errno);
  }
  const int error = launching.error;
  UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (error == 0 && pidfd) {
    std::unique_ptr<Helper> helper(new Helper(pid, std::move(pidfd), std::move(ours)));
    return helper->greet() ? Result<std::unique_ptr<Helper>>(std::move(helper))
                           : cannot_start("send to it", errno);
  }
  const Error why =
      error != 0
          ? cannot_start(place.empty() ? "execute a file in memory" : "execute a file", error)
          : cannot_start("pidfd_open", errno);
  ours.reset();  // it ends by itself then
  siginfo_t how{};
  while (::waitid(P_PID, static_cast<id_t>(pid), &how, WEXITED) != 0 && errno == EINTR) {
  }
  return why;
}

}  // namespace

struct GroupGuard::State {
  explicit State(std::unique_ptr<Helper> started) : helper(std::move(started)) {}

  /// Sends what waits, as far as it goes. False: the helper is dead.
  bool send_unsent() REQUIRES(mutex) {
    while (!unsent.empty()) {
      const Helper::Sent sent = helper ? helper->send(unsent.front()) : Helper::Sent::Dead;
      if (sent != Helper::Sent::Yes) {
        return sent == Helper::Sent::Full;
      }
      unsent.pop_front();
    }
    return true;
  }

  bool knows(pid_t child) const REQUIRES(mutex) {
    return std::find(watched.begin(), watched.end(), child) != watched.end() ||
           (helper && helper->pid() == child);
  }

  /// With all that is watched. If it cannot be started now, the next watch tries again.
  void restart() REQUIRES(mutex) {
    helper.reset();
    unsent.clear();
    for (const pid_t group : watched) {
      unsent.push_back({GuardCommand::What::Watch, group});
    }
    if (Result<std::unique_ptr<Helper>> started = Helper::launch()) {
      helper = std::move(*started);
      send_unsent();
    }
  }

  // Held while commands are sent (that never blocks) and while a dead helper is replaced: commands
  // must arrive in the order in which the groups were watched and forgotten.
  Mutex mutex;
  std::unique_ptr<Helper> helper GUARDED_BY(mutex);  // null: it died, and another did not start
  std::vector<pid_t> watched GUARDED_BY(mutex);
  std::deque<GuardCommand> unsent GUARDED_BY(mutex);
};

Result<std::unique_ptr<GroupGuard>> GroupGuard::start() {
  Result<std::unique_ptr<Helper>> helper = Helper::launch();
  if (!helper) {
    return helper.error();
  }
  return std::unique_ptr<GroupGuard>(new GroupGuard(std::make_unique<State>(std::move(*helper))));
}

GroupGuard::GroupGuard(std::unique_ptr<State> state) : state_(std::move(state)) {}

GroupGuard::~GroupGuard() = default;

void GroupGuard::watch(pid_t group) {
  if (group <= 1) {
    return;  // to kill, 0 and 1 mean our own group and everybody
  }
  const MutexLock lock(state_->mutex);
  std::vector<pid_t>& watched = state_->watched;
  if (std::find(watched.begin(), watched.end(), group) == watched.end()) {
    watched.push_back(group);
  }
  state_->unsent.push_back({GuardCommand::What::Watch, group});
  if (!state_->send_unsent()) {
    state_->restart();
  }
}

void GroupGuard::ensure_alive() {
  const MutexLock lock(state_->mutex);
  if (!state_->helper || !state_->helper->lives()) {
    state_->restart();
  }
}

void GroupGuard::forget(pid_t group) {
  const MutexLock lock(state_->mutex);
  std::vector<pid_t>& watched = state_->watched;
  watched.erase(std::remove(watched.begin(), watched.end(), group), watched.end());
  state_->unsent.push_back({GuardCommand::What::Forget, group});
  state_->send_unsent();  // if it is dead, the next watch finds out
}

bool GroupGuard::knows(pid_t child) const {
  const MutexLock lock(state_->mutex);
  return state_->knows(child);
}

pid_t GroupGuard::pid() const {
  const MutexLock lock(state_->mutex);
  return state_->helper ? state_->helper->pid() : -1;
}

}  // namespace llmsnap::process
