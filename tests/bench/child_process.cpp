#include "child_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "loopback.h"

namespace bench {
namespace {

constexpr int PatienceMs = 5000;

// True when the child ended within the time; it is reaped then.
bool wait_for_exit(pid_t pid, int milliseconds) {
  const Fd handle(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  pollfd wait{handle.get(), POLLIN, 0};
  if (handle.open()) {
    poll(&wait, 1, milliseconds);
  }
  return waitpid(pid, nullptr, WNOHANG) == pid;
}

}  // namespace

TemporaryDirectory::TemporaryDirectory() {
  directory_ = (std::filesystem::temp_directory_path() / "llmsnap-bench-XXXXXX").string();
  if (mkdtemp(directory_.data()) == nullptr) {
    fmt::print(stderr, "bench: cannot make a temporary directory: {}\n", std::strerror(errno));
    std::exit(1);
  }
  // nginx's workers run as another user when the bench runs as root.
  chmod(directory_.c_str(), 0711);
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

void TemporaryDirectory::write(const std::string& name, const std::string& text) const {
  std::ofstream(path(name)) << text;
}

ChildProcess::ChildProcess(pid_t pid, std::string log) : pid_(pid), log_(std::move(log)) {}

Outcome<ChildProcess> ChildProcess::start(const std::vector<std::string>& command,
                                          const std::string& log) {
  std::vector<char*> arguments;
  for (const std::string& word : command) {
    arguments.push_back(const_cast<char*>(word.c_str()));
  }
  arguments.push_back(nullptr);
  const Fd output(open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  const pid_t pid = fork();
  if (pid < 0) {
    return Reason{fmt::format("cannot fork: {}", std::strerror(errno))};
  }
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    set_priority(Priority::Ordinary);
    dup2(output.get(), STDOUT_FILENO);
    dup2(output.get(), STDERR_FILENO);
    execvp(arguments[0], arguments.data());
    _exit(127);
  }
  return ChildProcess(pid, log);
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), log_(std::move(other.log_)) {}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(log_, other.log_);
  return *this;
}

ChildProcess::~ChildProcess() {
  if (pid_ <= 0 || has_exited()) {
    return;
  }
  kill(pid_, SIGTERM);
  if (!wait_for_exit(pid_, PatienceMs)) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
}

bool ChildProcess::has_exited() {
  // Not 0 means reaped just now, or (-1) earlier: either way the number is no longer ours.
  if (pid_ > 0 && waitpid(pid_, nullptr, WNOHANG) != 0) {
    pid_ = -1;
  }
  return pid_ <= 0;
}

std::string ChildProcess::last_line() const {
  std::ifstream in(log_);
  std::string last;
  for (std::string line; std::getline(in, line);) {
    if (!line.empty()) {
      last = line;
    }
  }
  return last;
}

std::string find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) {
    return access(name.c_str(), X_OK) == 0 ? name : std::string();
  }
  const char* const path = std::getenv("PATH");
  // nginx lives in sbin, which is in no user's PATH on Debian.
  std::istringstream folders(std::string(path != nullptr ? path : "") + ":/usr/sbin:/sbin");
  for (std::string folder; std::getline(folders, folder, ':');) {
    const std::string candidate = folder + "/" + name;
    if (access(candidate.c_str(), X_OK) == 0) {
      return candidate;
    }
  }
  return {};
}

std::string first_line_of(const std::vector<std::string>& command) {
  const TemporaryDirectory directory;
  auto child = ChildProcess::start(command, directory.path("out"));
  if (!child || !wait_for_exit(child->pid(), PatienceMs)) {
    return "version unknown";
  }
  std::ifstream in(directory.path("out"));
  std::string line;
  std::getline(in, line);
  return line;
}

}  // namespace bench
