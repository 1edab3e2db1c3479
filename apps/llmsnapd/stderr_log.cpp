#include "stderr_log.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <ctime>
#include <iterator>
#include <string>

namespace llmsnapd {
namespace {

std::string_view name_of(llmsnap::LogLevel level) {
  switch (level) {
    case llmsnap::LogLevel::Debug:
      return "debug";
    case llmsnap::LogLevel::Info:
      return "info ";
    case llmsnap::LogLevel::Warn:
      return "warn ";
    case llmsnap::LogLevel::Error:
      return "error";
  }
  return "info ";
}

void write_out(std::string_view line) {
  // A log that cannot be written has nowhere to say so.
  ssize_t written = 0;
  for (std::size_t done = 0; done < line.size(); done += static_cast<std::size_t>(written)) {
    written = ::write(STDERR_FILENO, line.data() + done, line.size() - done);
    if (written < 0 && errno == EINTR) {
      written = 0;
    } else if (written < 0) {
      return;
    }
  }
}

}  // namespace

void StderrLog::write(llmsnap::LogLevel level, std::string_view message) const {
  if (level < level_) {
    return;
  }
  const auto now = std::chrono::system_clock::now();
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  const auto milliseconds =
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  fmt::memory_buffer line;
  fmt::format_to(std::back_inserter(line), "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z {} {}\n",
                 utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min,
                 utc.tm_sec, milliseconds, name_of(level), message);
  write_out({line.data(), line.size()});
}

void StderrLog::write_bare(std::string_view line) const {
  write_out(std::string(line) + '\n');
}

void StderrLog::write_raw(std::string_view lines) const {
  write_out(lines);
}

}  // namespace llmsnapd
