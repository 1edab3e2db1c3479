// StartedChild: one child under test, with the loop that watches it and what it wrote.
// Thread rule: the test's thread is the loop's thread.
#pragma once

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "io/loop.h"
#include "io/poller.h"
#include "io/timers.h"
#include "process/child.h"
#include "process/group_guard.h"
#include "process/proc_files.h"

namespace llmsnap::process {

inline constexpr auto Patience = std::chrono::seconds(10);

/// Turns the loop until `done` holds.
inline bool turn_until(io::Loop& loop, const std::function<bool()>& done) {
  const Deadline end = SteadyClock::now() + Patience;
  while (!done()) {
    const auto now = SteadyClock::now();
    if (now > end) {
      return false;
    }
    loop.poller().wait(std::min(loop.timers().next(), now + std::chrono::milliseconds(5)));
    loop.timers().fire(SteadyClock::now());
  }
  return true;
}

/// A zombie that init has not reaped yet counts as gone.
inline bool is_gone(pid_t pid) {
  const auto stat = process_stat(pid);
  return !stat || !stat->alive();
}

inline std::vector<std::string> plain_environment() {
  return {"PATH=/usr/local/bin:/usr/bin:/bin", "COLOUR=blue"};
}

inline ChildOptions shell(const std::string& script) {
  ChildOptions options;
  options.launch.argv = {"/bin/sh", "-c", script};
  options.launch.environment = plain_environment();
  return options;
}

class StartedChild {
 public:
  explicit StartedChild(ChildOptions options) : guard_(std::move(*GroupGuard::start())) {
    options.on_output = [this](UniqueFd output) { outputs_.push_back(std::move(output)); };
    options.on_exit = [this](ExitStatus status) { exit_ = status; };
    auto started = Child::start(loop_, *guard_, std::move(options));
    if (!started) {
      throw std::runtime_error(started.error().message);
    }
    child_ = std::move(*started);
  }

  Child& child() { return *child_; }
  void destroy() { child_.reset(); }
  const std::optional<ExitStatus>& exit() const { return exit_; }
  bool await_exit() {
    return turn_until(loop_, [this] { return exit_.has_value(); });
  }
  bool await(const std::function<bool()>& done) { return turn_until(loop_, done); }

  /// All that was written, once `text` is in it.
  std::string output_with(const std::string& text) {
    turn_until(loop_, [this, &text] { return read().find(text) != std::string::npos; });
    return written_;
  }

  /// The number that the child wrote as `name=<number>;`.
  pid_t number(const std::string& name) {
    turn_until(loop_, [this, &name] {
      const std::size_t at = read().find(name + "=");
      return at != std::string::npos && written_.find(';', at) != std::string::npos;
    });
    const std::size_t at = written_.find(name + "=");
    return at == std::string::npos ? -1 : std::stoi(written_.substr(at + name.size() + 1));
  }

 private:
  const std::string& read() {
    for (const UniqueFd& output : outputs_) {
      std::array<char, 4096> piece;
      ssize_t count = 0;
      while ((count = ::read(output.get(), piece.data(), piece.size())) > 0) {
        written_.append(piece.data(), static_cast<std::size_t>(count));
      }
    }
    return written_;
  }

  io::Loop loop_;
  std::unique_ptr<GroupGuard> guard_;
  std::vector<UniqueFd> outputs_;
  std::string written_;
  std::optional<ExitStatus> exit_;
  std::unique_ptr<Child> child_;
};

}  // namespace llmsnap::process
