#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "io/sanitizer.h"
#include "process/pidfd.h"
#include "process/program_path.h"
#include "process/spawn.h"
#include "process/spawned_side.h"

namespace llmsnap::process {
namespace {

Error failed(std::string message) {
  return {ErrorCode::UpstreamFailed, std::move(message)};
}

/// No handler of the application runs in the new process while that shares our memory.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

class ChildStack {
 public:
  ChildStack()
      : bottom_(::mmap(nullptr, Size, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0)) {}
  ~ChildStack() {
    if (*this) {
      ::munmap(bottom_, Size);
    }
  }
  ChildStack(const ChildStack&) = delete;
  ChildStack& operator=(const ChildStack&) = delete;

  explicit operator bool() const { return bottom_ != MAP_FAILED; }
  void* top() const { return static_cast<std::byte*>(bottom_) + Size; }

 private:
  static constexpr std::size_t Size = 64 * 1024;
  void* bottom_;
};

int run_plan(void* plan) {
  become_program(*static_cast<const SpawnPlan*>(plan));
}

/// Its number; -1 with errno set. The new process borrows our memory until its program runs, and
/// this thread waits meanwhile: a fork would copy the page tables, 50 ms for a gateway of 4 GiB.
/// clone rather than vfork, which returns twice into one stack frame. The sanitizers' runtimes
/// would take what the new process does for deeds of this thread: under them it is a fork.
pid_t make_process(SpawnPlan& plan) {
  const SignalsBlocked blocked;
  if constexpr (io::SanitizersActive) {
    const pid_t pid = ::fork();
    if (pid == 0) {
      become_program(plan);
    }
    return pid;
  }
  const ChildStack stack;
  return stack ? ::clone(&run_plan, stack.top(), CLONE_VM | CLONE_VFORK | SIGCHLD, &plan) : -1;
}

/// Away from 0, 1 and 2, which the new process replaces. The application may have closed its own,
/// and may open them again.
UniqueFd above_standard(UniqueFd fd) {
  constexpr int FirstOther = 3;
  if (fd.get() < 0 || fd.get() >= FirstOther) {
    return fd;
  }
  return UniqueFd(::fcntl(fd.get(), F_DUPFD_CLOEXEC, FirstOther));
}

struct Pipe {
  UniqueFd read;
  UniqueFd write;

  explicit operator bool() const { return read && write; }
};

Pipe open_pipe() {
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    return {};
  }
  return {above_standard(UniqueFd(ends[0])), above_standard(UniqueFd(ends[1]))};
}

void do_not_block(const UniqueFd& fd) {
  ::fcntl(fd.get(), F_SETFL, ::fcntl(fd.get(), F_GETFL) | O_NONBLOCK);
}

std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (const std::string& text : texts) {
    pointers.push_back(const_cast<char*>(text.c_str()));  // execve's type; it does not write
  }
  pointers.push_back(nullptr);
  return pointers;
}

/// What the new process reported before it gave up. It has become the program, or died, when this
/// is asked; only a fork may still be on its way.
std::optional<SpawnFailure> read_report(const UniqueFd& report) {
  if constexpr (!io::SanitizersActive) {
    // Another process may have got the other end, in a fork of the application's just now.
    do_not_block(report);
  }
  SpawnFailure failure;
  ssize_t count = 0;
  do {
    count = ::read(report.get(), &failure, sizeof(failure));
  } while (count < 0 && errno == EINTR);
  return count == sizeof(failure) ? std::optional(failure) : std::nullopt;
}

Error why_not(const Launch& launch, const std::string& program, const SpawnFailure& failure) {
  const std::string& name = launch.argv.front();
  if (failure.step == SpawnStep::EnterFolder) {
    return failed(fmt::format("cannot start \"{}\" in the folder \"{}\": {}", name, launch.folder,
                              in_words(failure.error)));
  }
  std::string tried = fmt::format("cannot start \"{}\"", name);
  const bool relative = !program.starts_with('/');
  if (relative && !launch.folder.empty()) {
    tried += fmt::format(" from the folder \"{}\"", launch.folder);
  }
  if (failure.step == SpawnStep::Execute && failure.error == ENOENT && !relative &&
      ::access(program.c_str(), F_OK) == 0) {
    return failed(tried + ": the file is there, but the interpreter that it names is not");
  }
  return failed(fmt::format("{}: {}", tried, in_words(failure.error)));
}

void bury_failed(pid_t pid) {
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace

Result<Spawned> spawn(const Launch& launch) {
  if (launch.argv.empty()) {
    return failed("empty command");
  }
  const Result<std::string> program = find_program(launch.argv.front());
  if (!program) {
    return program.error();
  }
  const UniqueFd null = above_standard(UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC)));
  Pipe output = open_pipe();
  Pipe report = open_pipe();
  if (!null || !output || !report) {
    return why_not(launch, *program, {SpawnStep::Prepare, errno});
  }
  const std::vector<char*> argv = pointers_to(launch.argv);
  const std::vector<char*> environment = pointers_to(launch.environment);
  SpawnPlan plan;
  plan.program = program->c_str();
  plan.argv = argv.data();
  plan.environment = environment.data();
  plan.folder = launch.folder.empty() ? nullptr : launch.folder.c_str();
  plan.input = null.get();
  plan.output = output.write.get();
  plan.report = report.write.get();
  plan.parent = ::getpid();
  const pid_t pid = make_process(plan);
  if (pid < 0) {
    return why_not(launch, *program, {SpawnStep::Prepare, errno});
  }
  report.write.reset();
  if (const auto failure = read_report(report.read)) {
    bury_failed(pid);
    return why_not(launch, *program, *failure);
  }
  Spawned spawned{pid, above_standard(open_pidfd(pid)), std::move(output.read)};
  if (!spawned.pidfd) {
    const int error = errno;
    ::kill(-pid, SIGKILL);
    bury_failed(pid);
    return why_not(launch, *program, {SpawnStep::Prepare, error});
  }
  do_not_block(spawned.output);
  return spawned;
}

}  // namespace llmsnap::process
