// StderrLog: writes log lines to standard error, with a time stamp in UTC and the level.
// Thread rule: any thread; a line is one write, which waits for a slow reader.
#pragma once

#include <string_view>

#include "llmsnap/config.h"

namespace llmsnapd {

class StderrLog {
 public:
  explicit StderrLog(llmsnap::LogLevel level) : level_(level) {}

  void write(llmsnap::LogLevel level, std::string_view message) const;

  /// A line that carries its own time, as it is: what reads JSON lines wants nothing before them.
  void write_bare(std::string_view line) const;

  /// Whole lines with their ends, as they are: what models print.
  void write_raw(std::string_view lines) const;

 private:
  const llmsnap::LogLevel level_;
};

}  // namespace llmsnapd
