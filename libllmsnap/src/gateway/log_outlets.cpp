#include "gateway/log_outlets.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "llmsnap/log_time.h"
#include "log/log.h"

namespace llmsnap {
namespace {

std::string stamped(LogTimeFormat format, LogLevel level, std::string_view line) {
  return fmt::format("{}{:5} {}\n", log_time(format, std::chrono::system_clock::now()),
                     log_level_name(level), line);
}

/// Each line behind the model's id, as llmsnapd shows it.
std::string with_name(std::string_view model, std::string_view lines) {
  std::string named;
  while (!lines.empty()) {
    const std::size_t size = std::min(lines.find('\n'), lines.size() - 1) + 1;
    named += fmt::format("[{}] {}", model, lines.substr(0, size));
    lines.remove_prefix(size);
  }
  return named;
}

}  // namespace

LogOutlets::LogOutlets(const Config& config, GatewayOptions host)
    : host_(std::move(host)),
      shows_gateway_(config.log_to_stdout == ShownLogs::Proxy ||
                     config.log_to_stdout == ShownLogs::Both),
      shows_models_(config.log_to_stdout == ShownLogs::Upstream ||
                    config.log_to_stdout == ShownLogs::Both),
      access_format_(config.access_log),
      time_format_(config.log_time_format) {
  if (config.log_file) {
    file_.emplace(*config.log_file);
  }
}

void LogOutlets::message(LogLevel level, std::string_view line) {
  keep(stamped(time_format_, level, line));
  if (host_.log && (shows_gateway_ || level == LogLevel::Error)) {
    host_.log(level, line);
  }
}

void LogOutlets::access(std::string_view line) {
  // What reads JSON lines wants nothing before them.
  keep(access_format_ == AccessLogFormat::Json ? std::string(line) + '\n'
                                               : stamped(time_format_, LogLevel::Info, line));
  if (!shows_gateway_) {
    return;
  }
  if (host_.access_log) {
    host_.access_log(line);
  } else if (host_.log) {
    host_.log(LogLevel::Info, line);
  }
}

void LogOutlets::keep(std::string_view text) {
  show(text);
  if (file_) {
    write_to_file(text);
  }
}

void LogOutlets::show(std::string_view text) {
  const auto now = SteadyClock::now();
  logs_.gateway.append(text, now);
  if (shows_gateway_) {
    logs_.combined.append(text, now);
  }
}

/// Whatever is shown elsewhere.
void LogOutlets::write_to_file(std::string_view lines) {
  const auto news = file_->write(lines, SteadyClock::now());
  if (!news) {
    return;
  }
  // Not into the file: it is about it.
  show(stamped(time_format_, LogLevel::Warn, *news));
  if (host_.log) {
    host_.log(LogLevel::Warn, *news);
  }
}

void LogOutlets::model_output(std::string_view model, std::string_view lines) {
  const auto now = SteadyClock::now();
  logs_.models.append(lines, now);
  if (file_) {
    write_to_file(with_name(model, lines));
  }
  if (!shows_models_) {
    return;
  }
  logs_.combined.append(lines, now);
  if (host_.model_output) {
    host_.model_output(model, lines);
  }
}

Deadline LogOutlets::tell_suppressed(SteadyClock::time_point now) {
  Deadline again = NoDeadline;
  for (OutputLog* const log : {&logs_.gateway, &logs_.models, &logs_.combined}) {
    log->tell_suppressed(now);
    again = std::min(again, log->suppressed_until());
  }
  return again;
}

}  // namespace llmsnap
