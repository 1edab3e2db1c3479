#include "process/group_guard.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/unique_fd.h"
#include "catch.h"
#include "process/instance_marker.h"

namespace llmsnap::process {
namespace {

using namespace std::chrono_literals;

constexpr auto Patience = 20s;
constexpr auto Plain = "sleep 1000 & sleep 1000 & echo ready; wait";
constexpr auto Wrapper = "sh -c 'sleep 1000 & sleep 1000 & echo ready; wait'; true";

struct Ends {
  Ends() {
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    read = UniqueFd(ends[0]);
    write = UniqueFd(ends[1]);
  }
  UniqueFd read;
  UniqueFd write;
};

bool readable_within(int fd, std::chrono::milliseconds time) {
  pollfd entry{fd, POLLIN, 0};
  return ::poll(&entry, 1, static_cast<int>(time.count())) == 1;
}

/// Up to `text`, or to the end of the pipe.
std::string read_until(int fd, const std::string& text) {
  std::string all;
  char c = 0;
  while (!all.ends_with(text) && readable_within(fd, Patience) && ::read(fd, &c, 1) == 1) {
    all += c;
  }
  return all;
}

/// All who could have written into the pipe are dead.
bool ends_within(int fd, std::chrono::milliseconds time) {
  char c = 0;
  return readable_within(fd, time) && ::read(fd, &c, 1) == 0;
}

UniqueFd pidfd_of(pid_t pid) {
  return UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
}

/// A shell in a group of its own; its pid is the group's number. The pipe is its output, and that
/// of all that it starts.
pid_t start_group(const char* script, int output, char* const* environment = environ) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  ::posix_spawnattr_init(&attributes);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  ::posix_spawnattr_setpgroup(&attributes, 0);
  const std::array<const char*, 4> argv{"sh", "-c", script, nullptr};
  pid_t pid = -1;
  ::posix_spawn(&pid, "/bin/sh", &actions, &attributes, const_cast<char**>(argv.data()),
                environment);
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  return pid;
}

/// A shell that nobody watches, with this environment and no other; it tells its pid.
void start_unwatched(std::vector<std::string> environment, int output,
                     const char* script = "echo $$; /bin/sleep 1000; true") {
  std::vector<char*> variables;
  for (std::string& variable : environment) {
    variables.push_back(variable.data());
  }
  variables.push_back(nullptr);
  start_group(script, output, variables.data());
}

/// Another process with a guard, which does `body` and then waits to be killed.
class Host {
 public:
  using Body = std::function<void(GroupGuard& guard)>;

  explicit Host(const Body& body) {
    pid_ = ::fork();
    if (pid_ == 0) {
      auto guard = GroupGuard::start();
      if (!guard) {
        ::_exit(1);
      }
      body(**guard);
      const pid_t guard_pid = (*guard)->pid();
      (void)!::write(report_.write.get(), &guard_pid, sizeof(guard_pid));
      while (true) {
        ::pause();
      }
    }
    report_.write.reset();
    REQUIRE(readable_within(report_.read.get(), Patience));
    REQUIRE(::read(report_.read.get(), &guard_pid_, sizeof(guard_pid_)) == sizeof(guard_pid_));
  }
  ~Host() { kill(); }
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  pid_t guard_pid() const { return guard_pid_; }

  void kill() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(std::exchange(pid_, -1), nullptr, 0);
    }
  }

 private:
  Ends report_;
  pid_t pid_ = -1;
  pid_t guard_pid_ = -1;
};

std::size_t open_descriptors() {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}));
}

TEST_CASE("the groups of a killed host are gone with it", "[process]") {
  const char* const script = GENERATE(Plain, Wrapper);
  Ends output;
  Host host([&output, script](GroupGuard& guard) {
    guard.watch(start_group(script, output.write.get()));
    guard.watch(start_group(script, output.write.get()));
  });
  output.write.reset();
  REQUIRE(read_until(output.read.get(), "ready\n") == "ready\n");
  REQUIRE(read_until(output.read.get(), "ready\n") == "ready\n");
  host.kill();
  CHECK(ends_within(output.read.get(), Patience));
}

TEST_CASE("the guard outlives what stops its host", "[process]") {
  Ends output;
  Host host([&output](GroupGuard& guard) { guard.watch(start_group(Plain, output.write.get())); });
  output.write.reset();
  REQUIRE(read_until(output.read.get(), "ready\n") == "ready\n");
  const UniqueFd guard = pidfd_of(host.guard_pid());
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP}) {
    REQUIRE(::kill(host.guard_pid(), signal) == 0);
  }
  host.kill();
  CHECK(ends_within(output.read.get(), Patience));
  CHECK(readable_within(guard.get(), Patience));  // and then it ends
}

TEST_CASE("a group that was forgotten lives on", "[process]") {
  Ends kept;
  Ends killed;
  Host host([&kept, &killed](GroupGuard& guard) {
    const pid_t group = start_group("echo $$; sleep 1000; true", kept.write.get());
    guard.watch(group);
    guard.watch(start_group(Plain, killed.write.get()));
    guard.forget(group);
  });
  kept.write.reset();
  killed.write.reset();
  const pid_t group = std::stoi(read_until(kept.read.get(), "\n"));
  const UniqueFd guard = pidfd_of(host.guard_pid());
  REQUIRE(read_until(killed.read.get(), "ready\n") == "ready\n");
  host.kill();
  CHECK(ends_within(killed.read.get(), Patience));
  REQUIRE(readable_within(guard.get(), Patience));
  CHECK_FALSE(readable_within(kept.read.get(), 0ms));
  CHECK(::kill(-group, SIGKILL) == 0);
  CHECK(ends_within(kept.read.get(), Patience));
}

TEST_CASE("what nobody watches goes if it carries the marker of the killed host", "[process]") {
  const auto with_ours = GENERATE(values<std::vector<std::string>>({
      {"OURS"},
      {"PATH=/bin", "OURS", "X=1"},
      {"LLMSNAP_INSTANCE=1:2:3", "OURS"},  // a gateway that runs under another one
      {"X=" + std::string(4060, 'x'), "OURS"},
      {"X=" + std::string(4075, 'x'), "OURS"},
      {"X=" + std::string(4090, 'x'), "OURS"},
  }));
  Ends output;
  Host host([&output, &with_ours](GroupGuard&) {
    std::vector<std::string> environment = with_ours;
    std::replace(environment.begin(), environment.end(), std::string("OURS"), own_marker(7));
    start_unwatched(environment, output.write.get());
  });
  output.write.reset();
  REQUIRE(read_until(output.read.get(), "\n").size() > 1);
  host.kill();
  CHECK(ends_within(output.read.get(), Patience));
}

TEST_CASE("what is within an exec when the host is killed goes too", "[process]") {
  constexpr int Many = 60;
  Ends output;
  Host host([&output](GroupGuard&) {
    for (int i = 0; i < Many; ++i) {  // more than run at a time, so that some stand in the middle
      start_unwatched(
          {own_marker(7), R"(AGAIN=[ ${#1} -gt 2000 ] || exec /bin/sh -c "$AGAIN" sh "${1}1")"},
          output.write.get(), R"(echo $$; exec /bin/sh -c "$AGAIN" sh 1)");
    }
  });
  output.write.reset();
  for (int i = 0; i < Many; ++i) {
    REQUIRE(read_until(output.read.get(), "\n").size() > 1);
  }
  host.kill();
  CHECK(ends_within(output.read.get(), Patience));
}

TEST_CASE("what carries the marker of another gateway outlives our host", "[process]") {
  Ends kept;
  Host host([&kept](GroupGuard&) {
    const std::string ours = own_marker(7);
    start_unwatched({"LLMSNAP_INSTANCE=1:2:3"}, kept.write.get());
    start_unwatched({ours, "LLMSNAP_INSTANCE=1:2:3"}, kept.write.get());
    start_unwatched({"X=" + ours, "Y"}, kept.write.get());
    start_unwatched({ours.substr(0, ours.find(':'))}, kept.write.get());
  });
  kept.write.reset();
  const UniqueFd guard = pidfd_of(host.guard_pid());
  std::array<pid_t, 4> pids{};
  for (pid_t& pid : pids) {
    pid = std::stoi(read_until(kept.read.get(), "\n"));
  }
  host.kill();
  REQUIRE(readable_within(guard.get(), Patience));
  for (const pid_t pid : pids) {
    CHECK(::kill(pid, 0) == 0);
    CHECK(::kill(-pid, SIGKILL) == 0);
  }
}

TEST_CASE("a guard that was killed is replaced, and knows all groups", "[process]") {
  Ends output;
  Host host([&output](GroupGuard& guard) {
    guard.watch(start_group(Plain, output.write.get()));
    const UniqueFd first = pidfd_of(guard.pid());
    ::kill(guard.pid(), SIGKILL);
    readable_within(first.get(), Patience);
    guard.forget(2'000'000'000);
    guard.watch(start_group(Wrapper, output.write.get()));
  });
  output.write.reset();
  REQUIRE(read_until(output.read.get(), "ready\n") == "ready\n");
  REQUIRE(read_until(output.read.get(), "ready\n") == "ready\n");
  host.kill();
  CHECK(ends_within(output.read.get(), Patience));
}

TEST_CASE("the end of a guard kills nothing and leaves nothing", "[process]") {
  Ends output;
  const std::size_t before = open_descriptors();
  const pid_t group = start_group(Plain, output.write.get());
  output.write.reset();
  REQUIRE(read_until(output.read.get(), "ready\n") == "ready\n");
  pid_t guard_pid = -1;
  {
    auto guard = GroupGuard::start();
    REQUIRE(guard);
    guard_pid = (*guard)->pid();
    CHECK(guard_pid > 1);
    (*guard)->watch(group);
    CHECK(open_descriptors() == before - 1 + 2);
  }
  CHECK(::kill(guard_pid, 0) == -1);  // not even a zombie
  CHECK(errno == ESRCH);
  CHECK(open_descriptors() == before - 1);
  CHECK_FALSE(readable_within(output.read.get(), 0ms));
  CHECK(::kill(-group, SIGKILL) == 0);
  CHECK(::waitpid(group, nullptr, 0) == group);
  CHECK(ends_within(output.read.get(), Patience));
}

TEST_CASE("no call waits for a guard that does not read", "[process]") {
  auto guard = GroupGuard::start();
  REQUIRE(guard);
  REQUIRE(::kill((*guard)->pid(), SIGSTOP) == 0);
  for (int i = 0; i < 5000; ++i) {
    (*guard)->watch(2'000'000'000 + i);  // no process has such a number
    (*guard)->forget(2'000'000'000 + i);
  }
}

TEST_CASE("our own group and everybody's are never watched", "[process]") {
  Ends output;
  Host host([](GroupGuard& guard) {
    guard.watch(0);
    guard.watch(1);
    guard.watch(-1);
  });
  const UniqueFd guard = pidfd_of(host.guard_pid());
  host.kill();
  CHECK(readable_within(guard.get(), Patience));  // and we are still there
}

TEST_CASE("the guard can be told from other processes", "[process]") {
  const auto guard = GroupGuard::start();
  REQUIRE(guard);
  const std::string folder = "/proc/" + std::to_string((*guard)->pid());
  std::string command_line;
  std::string name;
  const auto deadline = SteadyClock::now() + Patience;  // it gives itself the name
  while (name != "llmsnap-guard" && SteadyClock::now() < deadline) {
    std::getline(std::ifstream(folder + "/comm"), name);
    std::getline(std::ifstream(folder + "/cmdline"), command_line, '\0');
  }
  CHECK(name == "llmsnap-guard");
  CHECK(command_line == "llmsnap-guard of process " + std::to_string(::getpid()));
}

TEST_CASE("a guard can be started by a host without standard input", "[process]") {
  Ends output;
  Host host([&output](GroupGuard& first) {
    ::close(STDIN_FILENO);
    ::kill(first.pid(), SIGKILL);
    readable_within(pidfd_of(first.pid()).get(), Patience);
    first.watch(start_group(Plain, output.write.get()));
  });
  output.write.reset();
  REQUIRE(read_until(output.read.get(), "ready\n") == "ready\n");
  host.kill();
  CHECK(ends_within(output.read.get(), Patience));
}

TEST_CASE("a process that the host has forked does not end the guard", "[process]") {
  Ends output;
  Host host([&output](GroupGuard& guard) {
    guard.watch(start_group(Plain, output.write.get()));
    const pid_t forked = ::fork();
    if (forked == 0) {
      delete &guard;
      ::_exit(0);
    }
    ::waitpid(forked, nullptr, 0);
  });
  output.write.reset();
  REQUIRE(read_until(output.read.get(), "ready\n") == "ready\n");
  host.kill();
  CHECK(ends_within(output.read.get(), Patience));
}

TEST_CASE("the guard holds no descriptor of its host's", "[process]") {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  const UniqueFd read(ends[0]);
  UniqueFd write(ends[1]);
  const auto guard = GroupGuard::start();
  REQUIRE(guard);
  write.reset();
  CHECK(ends_within(read.get(), Patience));
}

}  // namespace
}  // namespace llmsnap::process
