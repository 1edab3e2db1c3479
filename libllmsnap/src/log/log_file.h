// LogFile: a file that log lines are added to; full ones are moved aside.
// Thread rule: one thread at a time; it may block on the disk.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/unique_fd.h"
#include "llmsnap/config.h"

namespace llmsnap {

class LogFile {
 public:
  /// Opens nothing yet. `path` is moved to `path`.1 when it has max_size bytes, what was there to
  /// .2, and so on; the one behind .`keep` is gone.
  explicit LogFile(LogFileConfig config) : config_(std::move(config)) {}

  /// Adds whole lines. What cannot be written is counted; it is tried again after half a minute.
  /// Answers with what a reader of the other logs should know: that it began to fail and why, or
  /// that it works again and how much is missing. A file that somebody else has moved or deleted is
  /// begun anew.
  std::optional<std::string> write(std::string_view lines, SteadyClock::time_point now);

 private:
  std::optional<std::string> open();
  std::optional<std::string> put(std::string_view lines);
  void move_aside();
  bool is_moved() const;

  const LogFileConfig config_;
  UniqueFd file_;
  std::uint64_t size_ = 0;
  std::uint64_t lost_ = 0;  // bytes since it began to fail
  bool fails_ = false;
  SteadyClock::time_point retry_at_;
  SteadyClock::time_point looked_at_;
};

}  // namespace llmsnap
