// StderrLog: writes log lines to standard error, with a time stamp in UTC and the level.
// Thread rule: any thread; a line is one write.
#pragma once

#include <string_view>

#include "llmsnap/config.h"

namespace llmsnapd {

class StderrLog {
 public:
  explicit StderrLog(llmsnap::LogLevel level) : level_(level) {}

  void write(llmsnap::LogLevel level, std::string_view message) const;

 private:
  const llmsnap::LogLevel level_;
};

}  // namespace llmsnapd
