#include "output.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <string_view>
#include <thread>

namespace fake_model {
namespace {

constexpr std::size_t LineBytes = 80;
constexpr std::size_t BlockBytes = LineBytes * 1000;

bool write_all(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto written = write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) {
      return false;
    }
    bytes.remove_prefix(static_cast<std::size_t>(std::max<decltype(written)>(written, 0)));
  }
  return true;
}

void flood(std::uint64_t bytes, bool in_lines) {
  std::string block(BlockBytes, 'x');
  for (std::size_t end = LineBytes; in_lines && end <= BlockBytes; end += LineBytes) {
    block[end - 1] = '\n';
  }
  for (std::uint64_t left = bytes - 1; left > 0;) {
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left, BlockBytes));
    if (!write_all(std::string_view(block).substr(0, size))) {
      return;
    }
    left -= size;
  }
  write_all(fmt::format("\nflood of {} bytes ended\n", bytes));
}

}  // namespace

void close_output() {
  // Not closed: a connection would get the number, and our next line of text.
  const int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
  dup2(nowhere, STDOUT_FILENO);
  dup2(nowhere, STDERR_FILENO);
  close(nowhere);
}

void start_flood(std::uint64_t bytes, bool in_lines) {
  if (bytes > 0) {
    std::thread(flood, bytes, in_lines).detach();
  }
}

}  // namespace fake_model
