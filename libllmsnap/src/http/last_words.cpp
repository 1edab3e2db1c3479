#include "http/last_words.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <string>

namespace llmsnap::http {

LastWords::LastWords(Hearing hearing, int socket) : hearing_(hearing), socket_(socket) {
  std::array<char, 4 * 1024> unread;
  ::recv(socket_, unread.data(), unread.size(), MSG_DONTWAIT);
}

io::IoResult LastWords::write_some(std::string_view piece, Deadline) {
  if (hearing_ == Hearing::None) {
    return {io::IoStatus::Failed, 0, ENOTCONN};
  }
  const auto sent = ::send(socket_, piece.data(), piece.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0) {
    return {io::IoStatus::Failed, 0, errno};
  }
  return {io::IoStatus::Ok, static_cast<std::size_t>(sent), 0};
}

io::IoResult LastWords::write_all(std::span<const std::string_view> pieces, SteadyClock::duration) {
  std::string bytes;
  for (const std::string_view piece : pieces) {
    bytes += piece;
  }
  if (bytes.empty()) {
    return {};
  }
  const io::IoResult sent = write_some(bytes, NoDeadline);
  return !sent || sent.bytes == bytes.size() ? sent : io::IoResult{io::IoStatus::Failed, 0, EAGAIN};
}

void LastWords::shutdown_write() {
  ::shutdown(socket_, SHUT_WR);
}

}  // namespace llmsnap::http
