// LogOutlets: where lines go: into the logs that clients can read, into the `logFile`, and to the
// host, as the config's `logToStdout` says. Thread rule: all but logs one at a time; the logs as
// OutputLog.
#pragma once

#include <optional>
#include <string_view>

#include "base/clock.h"
#include "llmsnap/config.h"
#include "llmsnap/gateway.h"
#include "log/log_file.h"
#include "log/shared_logs.h"

namespace llmsnap {

class LogOutlets {
 public:
  LogOutlets(const Config& config, GatewayOptions host);

  SharedLogs& logs() { return logs_; }

  /// A line of ours. What went wrong is always shown to the host: it may end the program.
  void message(LogLevel level, std::string_view line);
  /// A line of the access log.
  void access(std::string_view line);
  /// What that model prints: whole lines.
  void model_output(std::string_view model, std::string_view lines);

  /// Says in each log how much of a flood was left out, if that second has ended by `now`; answers
  /// with when to call it again.
  Deadline tell_suppressed(SteadyClock::time_point now);

 private:
  void keep(std::string_view text);
  void show(std::string_view text);
  void write_to_file(std::string_view lines);

  const GatewayOptions host_;
  const bool shows_gateway_;
  const bool shows_models_;
  const AccessLogFormat access_format_;
  const LogTimeFormat time_format_;
  SharedLogs logs_;
  std::optional<LogFile> file_;
};

}  // namespace llmsnap
