#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <functional>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "base/file_text.h"
#include "process/instance_marker.h"
#include "process/pidfd.h"
#include "process/proc_files.h"

namespace llmsnap::process {
namespace {

constexpr std::string_view Name = "LLMSNAP_INSTANCE=";
/// For all processes that are found within an exec, together: it takes them microseconds.
constexpr std::chrono::milliseconds ExecPatience{50};
constexpr std::chrono::milliseconds ExecStep{1};

using Filter = std::function<bool(std::string_view marker)>;

bool is_marker(std::string_view variable) {
  return variable.starts_with(Name);
}

/// Takes a number and the colon after it.
template <typename Number>
std::optional<Number> take_number(std::string_view& text) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end == text.data() + text.size() || *end != ':') {
    return std::nullopt;
  }
  text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
  return number;
}

/// False too for what no gateway wrote.
bool gateway_is_gone(std::string_view marker) {
  marker.remove_prefix(Name.size());
  const auto pid = take_number<pid_t>(marker);
  const auto start = pid ? take_number<std::uint64_t>(marker) : std::nullopt;
  if (!start) {
    return false;
  }
  const auto stat = process_stat(*pid);
  return !stat || stat->start != *start || !stat->alive();
}

/// In the midst of an exec a process has no environment for a moment, although its parent may see
/// the program as started already.
std::optional<std::string> environment_of(pid_t pid, Deadline patience) {
  using Program = ProcessStat::Program;
  const std::string path = fmt::format("/proc/{}/environ", pid);
  std::optional<std::string> environment = file_text(path);
  // Running, and still without one: it really has none, unless the file was opened before the exec.
  for (bool sure = false; environment && environment->empty() && !sure;) {
    const Program program = process_stat(pid).value_or(ProcessStat()).program;
    const UniqueFd pidfd = program == Program::None ? UniqueFd() : open_pidfd(pid);
    if (!pidfd || SteadyClock::now() >= patience) {
      break;
    }
    sure = program == Program::Running;
    if (program == Program::Changing) {
      await_exit(pidfd, ExecStep);
    }
    environment = file_text(path);
  }
  return environment;
}

bool is_marked(pid_t pid, const Filter& filter, Deadline patience) {
  const auto environment = environment_of(pid, patience);
  std::string_view rest = environment ? std::string_view(*environment) : std::string_view();
  std::string_view marker;  // the last one: a gateway that runs under a gateway adds its own
  while (!rest.empty()) {
    const std::string_view variable = rest.substr(0, rest.find('\0'));
    rest.remove_prefix(std::min(variable.size() + 1, rest.size()));
    if (is_marker(variable)) {
      marker = variable;
    }
  }
  return !marker.empty() && filter(marker);
}

bool is_of_our_user(pid_t pid) {
  struct stat status {};
  return ::stat(fmt::format("/proc/{}", pid).c_str(), &status) == 0 && status.st_uid == ::geteuid();
}

/// The numbers in a marker mean something only in the pid namespace of whoever wrote it: to us, the
/// gateway in a container is gone although it lives.
bool is_in_our_namespace(pid_t pid) {
  struct stat ours {};
  struct stat theirs {};
  return ::stat("/proc/self/ns/pid", &ours) == 0 &&
         ::stat(fmt::format("/proc/{}/ns/pid", pid).c_str(), &theirs) == 0 &&
         ours.st_ino == theirs.st_ino;
}

std::vector<Leftover> find(const Filter& filter) {
  std::vector<Leftover> found;
  const Deadline patience = SteadyClock::now() + ExecPatience;
  for (const pid_t pid : numbers_in("/proc")) {
    if (pid == ::getpid() || !is_of_our_user(pid) || !is_marked(pid, filter, patience)) {
      continue;
    }
    UniqueFd pidfd = open_pidfd(pid);
    const auto stat = process_stat(pid);
    // Again, now that the descriptor holds it: the number may have become another's.
    if (!pidfd || !stat || !stat->alive() || !is_in_our_namespace(pid) ||
        !is_marked(pid, filter, patience) || !send_signal(pidfd, 0)) {
      continue;
    }
    found.push_back({pid, stat->command, std::move(pidfd)});
  }
  return found;
}

std::vector<Leftover> kill_all(const Filter& filter) {
  std::vector<Leftover> killed;
  // They may have started more meanwhile.
  constexpr int Rounds = 3;
  for (int round = 0; round < Rounds; ++round) {
    std::vector<Leftover> found = find(filter);
    for (Leftover& leftover : found) {
      send_signal(leftover.pidfd, SIGKILL);
      const bool known =
          std::any_of(killed.begin(), killed.end(),
                      [&leftover](const Leftover& other) { return other.pid == leftover.pid; });
      if (!known) {
        killed.push_back(std::move(leftover));
      }
    }
    if (found.empty()) {
      break;
    }
  }
  return killed;
}

}  // namespace

std::string own_marker_start() {
  const pid_t pid = ::getpid();
  const auto stat = process_stat(pid);
  return fmt::format("{}{}:{}:", Name, pid, stat ? stat->start : 0);
}

std::string own_marker(std::uint64_t serial) {
  return own_marker_start() + fmt::to_string(serial);
}

bool is_own_marker(std::string_view variable) {
  return is_marker(variable) && variable.starts_with(own_marker_start());
}

bool is_of_living_gateway(pid_t pid) {
  const auto lives = [here = is_in_our_namespace(pid)](std::string_view marker) {
    return !here || !gateway_is_gone(marker);
  };
  return is_marked(pid, lives, SteadyClock::now() + ExecPatience);
}

std::vector<Leftover> find_leftovers() {
  return find(gateway_is_gone);
}

std::vector<Leftover> kill_leftovers() {
  return kill_all(gateway_is_gone);
}

std::vector<Leftover> kill_marked(std::string_view marker) {
  return kill_all([marker](std::string_view other) { return other == marker; });
}

}  // namespace llmsnap::process
