// StderrLog: writes log lines to standard error, with the time and the level.
// Thread rule: any thread; a line is one write, which waits for a slow reader.
#pragma once

#include <string_view>

#include "llmsnap/config.h"
#include "llmsnap/log_time.h"

namespace llmsnapd {

class StderrLog {
 public:
  StderrLog(llmsnap::LogLevel level, llmsnap::LogTimeFormat time_format)
      : level_(level), time_format_(time_format) {}

  void write(llmsnap::LogLevel level, std::string_view message) const;

  /// A line that carries its own time, as it is: what reads JSON lines wants nothing before them.
  void write_bare(std::string_view line) const;

  /// Whole lines with their ends that a model has printed, each behind the model's id: nothing else
  /// tells whose it is. What would steer the terminal is shown, but for colours.
  void write_output(std::string_view model, std::string_view lines) const;

 private:
  const llmsnap::LogLevel level_;
  const llmsnap::LogTimeFormat time_format_;
};

}  // namespace llmsnapd
