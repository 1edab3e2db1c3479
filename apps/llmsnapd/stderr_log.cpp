#include "stderr_log.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <iterator>
#include <string>

#include "terminal_line.h"

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
  write_out(fmt::format("{}{} {}\n",
                        llmsnap::log_time(time_format_, std::chrono::system_clock::now()),
                        name_of(level), message));
}

void StderrLog::write_bare(std::string_view line) const {
  write_out(std::string(line) + '\n');
}

void StderrLog::write_output(std::string_view model, std::string_view lines) const {
  std::string named;
  while (!lines.empty()) {
    // What goes back to the begin of its line would stand over the id.
    const std::size_t end = std::min(lines.find_first_of("\r\n"), lines.size());
    const bool has_both = lines.substr(end).starts_with("\r\n");
    fmt::format_to(std::back_inserter(named), "[{}] {}\n", model,
                   terminal_line(lines.substr(0, end)));
    lines.remove_prefix(std::min(end + (has_both ? 2 : 1), lines.size()));
  }
  write_out(named);
}

}  // namespace llmsnapd
