#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <utility>

#include "machine/tool_run.h"
#include "machine/words.h"
#include "process/child_environment.h"
#include "process/pidfd.h"

namespace llmsnap::machine {
namespace {

constexpr auto KillPatience = std::chrono::milliseconds(500);
/// In one call: a tool that prints without an end must not keep the thread.
constexpr int MostPieces = 64;

}  // namespace

Result<ToolRun> ToolRun::start(const std::vector<std::string>& command) {
  process::Launch launch{command, process::this_environment(), {}};
  // Their numbers are read, so they must not be written as some language writes them.
  launch.environment =
      process::with_additions(std::move(launch.environment), {"LC_ALL=C", "LANG=C"});
  auto spawned = process::spawn(launch);
  if (!spawned) {
    return spawned.error();
  }
  return ToolRun(std::move(*spawned));
}

ToolRun::ToolRun(process::Spawned process) : process_(std::move(process)) {}

ToolRun::ToolRun(ToolRun&& other) noexcept
    : process_(std::exchange(other.process_, {})), begun_(std::move(other.begun_)) {}

ToolRun::~ToolRun() {
  if (!process_.pidfd) {
    return;
  }
  // Where the application has reaped it, the number may be another's by now.
  if (process::look_at(process_.pidfd) != process::Look::NotOurs) {
    ::kill(-process_.pid, SIGKILL);
  }
  process::await_exit(process_.pidfd, KillPatience);
  process::reap(process_.pidfd);
}

bool ToolRun::take_lines(const std::function<void(std::string_view)>& take) {
  std::array<char, 4096> piece;
  for (int i = 0; i < MostPieces; ++i) {
    const ssize_t count = ::read(process_.output.get(), piece.data(), piece.size());
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count <= 0) {
      return count < 0 && errno == EAGAIN;
    }
    begun_.append(piece.data(), static_cast<std::size_t>(count));
    take_whole_lines(take);
  }
  return true;
}

void ToolRun::take_whole_lines(const std::function<void(std::string_view)>& take) {
  const std::size_t last = begun_.rfind('\n');
  if (last != std::string::npos) {
    std::string_view lines = std::string_view(begun_).substr(0, last);
    while (!lines.empty()) {
      const std::string_view line = take_line(lines);
      if (line.size() <= LongestLine) {
        take(line);
      }
    }
    begun_.erase(0, last + 1);
  }
  if (begun_.size() > LongestLine) {
    begun_.resize(LongestLine + 1);  // what is behind makes it no shorter
  }
}

bool ToolRun::take_all_lines(Deadline deadline, const UniqueFd& interruption,
                             const std::function<void(std::string_view)>& take) {
  while (take_lines(take)) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - SteadyClock::now());
    std::array<pollfd, 2> readable{
        {{process_.output.get(), POLLIN, 0}, {interruption.get(), POLLIN, 0}}};
    if (left.count() > 0) {
      ::poll(readable.data(), readable.size(), static_cast<int>(left.count()));
    }
    if (left.count() <= 0 || readable[1].revents != 0) {
      return false;
    }
  }
  return true;
}

}  // namespace llmsnap::machine
