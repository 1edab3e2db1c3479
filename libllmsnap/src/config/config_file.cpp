#include "config/config_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <system_error>

#include "base/escape.h"
#include "base/unique_fd.h"

namespace llmsnap {
namespace {

using Clock = std::chrono::steady_clock;

/// For all that a pipe gives; its writer runs already.
constexpr std::chrono::seconds PipePatience{5};

Error unreadable(const std::string& path, std::string_view why) {
  return {ErrorCode::InvalidConfig, fmt::format("cannot read config {}: {}", escaped(path), why)};
}

Error unreadable(const std::string& path, int why) {
  return unreadable(path, std::generic_category().message(why));
}

/// True once the descriptor has something to say, or the reading is to stop; false at the deadline.
bool speaks(const UniqueFd& file, Clock::time_point deadline, const std::stop_token& stop) {
  const UniqueFd bell(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  const std::stop_callback ring(stop, [&bell] { ::eventfd_write(bell.get(), 1); });
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
  std::array<pollfd, 2> news{{{file.get(), POLLIN, 0}, {bell.get(), POLLIN, 0}}};
  return ::poll(news.data(), news.size(), static_cast<int>(std::max<long>(left, 0))) > 0;
}

}  // namespace

Result<std::string> read_config_file(const std::string& path, const std::stop_token& stop) {
  // Not blocking, or the open of a pipe would wait for somebody to write to it.
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  struct stat kind {};
  if (!file || ::fstat(file.get(), &kind) != 0) {
    return unreadable(path, errno);
  }
  const bool is_file = S_ISREG(kind.st_mode);
  const auto deadline = Clock::now() + PipePatience;
  std::string text;
  std::array<char, 64 * 1024> piece{};
  while (text.size() <= MaxConfigFileSize) {
    if (stop.stop_requested()) {
      return unreadable(path, "the reading was broken off");
    }
    const ssize_t count = ::read(file.get(), piece.data(), piece.size());
    if (count > 0) {
      text.append(piece.data(), static_cast<std::size_t>(count));
    } else if (count == 0) {
      return !is_file && text.empty() ? unreadable(path, "nothing was written to this pipe")
                                      : Result<std::string>(std::move(text));
    } else if (errno == EAGAIN) {
      if (!speaks(file, deadline, stop)) {
        return unreadable(path, "this pipe has no end within 5 s");
      }
    } else if (errno != EINTR) {
      return unreadable(path, errno);
    }
  }
  text.resize(MaxConfigFileSize + 1);
  return text;
}

}  // namespace llmsnap
