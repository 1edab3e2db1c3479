#include "log/log_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace llmsnap {
namespace {

constexpr std::chrono::seconds Retry{30};
constexpr std::chrono::seconds LookInterval{1};
/// What the models print and clients send stands in it: not for everybody.
constexpr mode_t Mode = 0640;

std::string last_error() {
  return std::strerror(errno);
}

}  // namespace

std::optional<std::string> LogFile::write(std::string_view lines, SteadyClock::time_point now) {
  if (fails_ && now < retry_at_) {
    lost_ += lines.size();
    return std::nullopt;
  }
  if (file_ && now >= looked_at_ + LookInterval) {
    looked_at_ = now;
    if (is_moved()) {
      file_.reset();
    }
  }
  if (const auto fault = put(lines)) {
    file_.reset();
    lost_ += lines.size();
    retry_at_ = now + Retry;
    if (fails_) {
      return std::nullopt;
    }
    fails_ = true;
    return fmt::format("the log file {} cannot be written: {}; it is tried again every {} seconds",
                       config_.path, *fault, Retry.count());
  }
  if (!fails_) {
    return std::nullopt;
  }
  fails_ = false;
  return fmt::format("the log file {} is written again, {} bytes are missing in it", config_.path,
                     std::exchange(lost_, 0));
}

std::optional<std::string> LogFile::put(std::string_view lines) {
  if (file_ && size_ > 0 && size_ + lines.size() > config_.max_size) {
    move_aside();
  }
  if (!file_) {
    if (auto fault = open()) {
      return fault;
    }
  }
  while (!lines.empty()) {
    const ssize_t written = ::write(file_.get(), lines.data(), lines.size());
    if (written < 0 && errno == EINTR) {
      continue;
    }
    if (written <= 0) {
      return last_error();
    }
    size_ += static_cast<std::uint64_t>(written);
    lines.remove_prefix(static_cast<std::size_t>(written));
  }
  return std::nullopt;
}

std::optional<std::string> LogFile::open() {
  file_ = UniqueFd(
      ::open(config_.path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, Mode));
  struct stat status = {};
  if (!file_ || ::fstat(file_.get(), &status) != 0) {
    return last_error();
  }
  size_ = static_cast<std::uint64_t>(status.st_size);
  return std::nullopt;
}

/// A file that cannot be moved goes on growing: better than lines that are lost.
void LogFile::move_aside() {
  const auto aside = [this](int number) { return fmt::format("{}.{}", config_.path, number); };
  for (int number = config_.keep; number > 1; --number) {
    static_cast<void>(std::rename(aside(number - 1).c_str(), aside(number).c_str()));
  }
  const bool is_gone = config_.keep > 0 ? std::rename(config_.path.c_str(), aside(1).c_str()) == 0
                                        : ::unlink(config_.path.c_str()) == 0;
  if (is_gone) {
    file_.reset();
  }
}

bool LogFile::is_moved() const {
  struct stat there = {};
  struct stat ours = {};
  return ::stat(config_.path.c_str(), &there) != 0 || ::fstat(file_.get(), &ours) != 0 ||
         there.st_ino != ours.st_ino || there.st_dev != ours.st_dev;
}

}  // namespace llmsnap
