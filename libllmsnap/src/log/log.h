// Log: where the library's lines go; passed by reference, there is no global one. Thread rule: any
// thread writes; one at a time calls the host's sinks, in the order of the lines, without a lock: a
// writer until a background takes over, then that.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "llmsnap/config.h"

namespace llmsnap {

/// Takes one message without time stamp or line end; it never holds a control byte or a key.
using LogSink = std::function<void(LogLevel, std::string_view message)>;
/// Takes one line of the access log, as it is to be stored but for its line end.
using AccessLogSink = std::function<void(std::string_view line)>;

class Log {
 public:
  /// What passes lines on for a log, on a thread that may block: it answers line_waits with a call
  /// of drain.
  class Background {
   public:
    enum class Urgency { Soon, Now };
    /// Any thread, no lock held: at least one line waits.
    virtual void line_waits(Urgency urgency) = 0;

   protected:
    ~Background() = default;
  };

  /// Most bytes that may wait for the sink, each line counted with its text and its place in the
  /// queue; lines beyond are dropped, and counted in a line that follows those that got through.
  static constexpr std::size_t Capacity = 1024 * 1024;

  /// Without a sink the lines go nowhere; without an access log its lines go to `sink`; they are
  /// Info lines either way. A sink may be slow, and may write to this log. What it throws is
  /// dropped.
  explicit Log(LogSink sink = {}, LogLevel level = LogLevel::Info, AccessLogSink access_log = {},
               std::size_t capacity = Capacity);
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  /// Ask before formatting an expensive line.
  bool enabled(LogLevel level) const { return level >= level_.load(std::memory_order_relaxed); }
  void set_level(LogLevel level) { level_.store(level, std::memory_order_relaxed); }

  /// Control bytes and broken UTF-8 in the message are escaped here, so that text from a client
  /// cannot forge a second line. Format with fmt at the place of the call. While there is a
  /// background this never waits for a sink.
  void write(LogLevel level, std::string_view message);

  void debug(std::string_view message) { write(LogLevel::Debug, message); }
  void info(std::string_view message) { write(LogLevel::Info, message); }
  void warn(std::string_view message) { write(LogLevel::Warn, message); }
  void error(std::string_view message) { write(LogLevel::Error, message); }

  /// A line of the access log. Only where the sink may be waited for: it is passed on before this
  /// returns, with all that was written before it, unless another thread is at that already.
  void write_access(std::string_view line);

  /// From now on writers leave the sinks to `background`, which must outlive every writer; null:
  /// they call them again. Follow the second with a drain.
  void leave_to(Background* background);

  /// Passes on all that waits. Does nothing while another thread is at it: what came meanwhile is
  /// passed on by that thread, or asked of the background again.
  void drain();

 private:
  enum class Kind { Message, Access };
  struct Line {
    Kind kind;
    LogLevel level;
    std::string text;
  };

  void put(Kind kind, LogLevel level, std::string&& text) REQUIRES(mutex_);
  bool take(std::vector<Line>& batch, Background*& later);
  void pass_on(const Line& line) const;

  std::atomic<LogLevel> level_;
  const LogSink sink_;
  const AccessLogSink access_log_;
  const std::size_t capacity_;

  Mutex mutex_;
  std::vector<Line> waiting_ GUARDED_BY(mutex_);
  std::size_t waiting_bytes_ GUARDED_BY(mutex_) = 0;
  std::uint64_t dropped_ GUARDED_BY(mutex_) = 0;
  bool draining_ GUARDED_BY(mutex_) = false;
  Background* background_ GUARDED_BY(mutex_) = nullptr;
};

/// "debug", "info", "warn", "error".
std::string_view log_level_name(LogLevel level);

}  // namespace llmsnap
