// ToolRun: a program of the machine's maker that runs for us and tells by lines what it sees. It
// and its group are killed with this, and with the thread that started it. Thread rule: one thread,
// which lives as long as this.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/unique_fd.h"
#include "llmsnap/result.h"
#include "process/spawn.h"

namespace llmsnap::machine {

class ToolRun {
 public:
  static Result<ToolRun> start(const std::vector<std::string>& command);
  ToolRun(ToolRun&& other) noexcept;
  ToolRun& operator=(ToolRun&&) = delete;
  ~ToolRun();

  /// Gives each line that has come so far to `take`, and does not wait for more. False once it will
  /// print no more. Longer lines than LongestLine are passed over.
  bool take_lines(const std::function<void(std::string_view)>& take);

  /// The same until it prints no more; false where the deadline came first, or `interruption` was
  /// readable.
  bool take_all_lines(Deadline deadline, const UniqueFd& interruption,
                      const std::function<void(std::string_view)>& take);

  static constexpr std::size_t LongestLine = 4096;

 private:
  explicit ToolRun(process::Spawned process);
  void take_whole_lines(const std::function<void(std::string_view)>& take);

  process::Spawned process_;
  std::string begun_;  ///< a line whose end has not come
};

}  // namespace llmsnap::machine
