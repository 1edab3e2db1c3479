#include "log/log.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "base/escape.h"

namespace llmsnap {

Log::Log(LogSink sink, LogLevel level) : level_(level), sink_(std::move(sink)) {}

void Log::write(LogLevel level, std::string_view message) {
  if (!sink_ || !enabled(level)) {
    return;
  }
  const std::string line = escaped(message);
  MutexLock lock(mutex_);
  try {
    sink_(level, line);
  } catch (const std::exception&) {
    // A host's sink that fails must not fail the request that logged.
  }
}

std::string_view log_level_name(LogLevel level) {
  switch (level) {
    case LogLevel::Debug:
      return "debug";
    case LogLevel::Info:
      return "info";
    case LogLevel::Warn:
      return "warn";
    case LogLevel::Error:
      return "error";
  }
  return "info";
}

}  // namespace llmsnap
