// Log: where the library's lines go; passed by reference, there is no global one. Its sink belongs
// to the host. Thread rule: any thread; the sink is called on the caller's thread, never two calls
// at once.
#pragma once

#include <atomic>
#include <functional>
#include <string_view>

#include "base/mutex.h"
#include "llmsnap/config.h"

namespace llmsnap {

/// Takes one message without time stamp or line end; it never holds a control byte or a key.
using LogSink = std::function<void(LogLevel, std::string_view message)>;

class Log {
 public:
  /// Without a sink the lines go nowhere. The sink must not call back into this log, and should not
  /// block: requests wait for it. What it throws is dropped.
  explicit Log(LogSink sink = {}, LogLevel level = LogLevel::Info);
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  /// Ask before formatting an expensive line.
  bool enabled(LogLevel level) const { return level >= level_.load(std::memory_order_relaxed); }
  void set_level(LogLevel level) { level_.store(level, std::memory_order_relaxed); }

  /// Control bytes and broken UTF-8 in the message are escaped here, so that text from a client
  /// cannot forge a second line. Format with fmt at the place of the call.
  void write(LogLevel level, std::string_view message);

  void debug(std::string_view message) { write(LogLevel::Debug, message); }
  void info(std::string_view message) { write(LogLevel::Info, message); }
  void warn(std::string_view message) { write(LogLevel::Warn, message); }
  void error(std::string_view message) { write(LogLevel::Error, message); }

 private:
  std::atomic<LogLevel> level_;
  Mutex mutex_;
  const LogSink sink_;  // called under mutex_, which is what keeps the lines of two threads apart
};

/// "debug", "info", "warn", "error".
std::string_view log_level_name(LogLevel level);

}  // namespace llmsnap
