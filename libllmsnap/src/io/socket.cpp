#include "io/socket.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>
#include <utility>
#include <vector>

#include "io/loop.h"
#include "io/transfer.h"

namespace llmsnap::io {
namespace {

constexpr std::size_t MaxPieces = 16;

IoResult failed(int error) {
  return {IoStatus::Failed, 0, error};
}

bool would_block(int error) {
  return error == EAGAIN || error == EWOULDBLOCK;
}

/// What is left of `pieces` after their first `sent` bytes.
void drop_front(std::vector<std::string_view>& pieces, std::size_t sent) {
  std::size_t whole = 0;
  while (whole < pieces.size() && sent >= pieces[whole].size()) {
    sent -= pieces[whole].size();
    ++whole;
  }
  pieces.erase(pieces.begin(), pieces.begin() + static_cast<std::ptrdiff_t>(whole));
  if (!pieces.empty()) {
    pieces.front().remove_prefix(sent);
  }
}

std::size_t total_size(std::span<const std::string_view> pieces) {
  std::size_t total = 0;
  for (std::string_view piece : pieces) {
    total += piece.size();
  }
  return total;
}

}  // namespace

Socket::Socket(Loop& loop, UniqueFd fd) : loop_(loop), fd_(std::move(fd)) {
  if (!loop_.poller().add(fd_.get(), *this)) {
    peer_closed_ = readable_ = true;  // the next attempt reports what is wrong with it
  }
}

Socket::~Socket() {
  loop_.poller().remove(fd_.get(), *this);
}

void Socket::on_ready(Readiness readiness) {
  readable_ = readable_ || readiness.readable;
  writable_ = writable_ || readiness.writable;
  if (readiness.peer_closed) {
    peer_closed_ = true;
    if (departure_ != nullptr) {
      departure_->raise(WaitResult::ClientLeft);
    }
  }
  if (readable_ && reader_ != nullptr) {
    reader_->notify();
  } else if (readable_ && when_readable_) {
    std::exchange(when_readable_, nullptr)();
    return;  // the callback may have destroyed this
  }
  if (writable_ && writer_ != nullptr) {
    writer_->notify();
  }
}

IoResult Socket::try_read(std::span<char> into) {
  const ssize_t count = receive_now(fd_.get(), into.data(), into.size());
  if (count > 0) {
    const auto bytes = static_cast<std::size_t>(count);
    // A short read has emptied the socket: what comes later is reported as a new edge. After FIN
    // there is no new edge, so the end must be read at once.
    if (bytes < into.size() && !peer_closed_) {
      readable_ = false;
    }
    return {IoStatus::Ok, bytes, 0};
  }
  if (count == 0) {
    return {IoStatus::End, 0, 0};
  }
  if (would_block(errno)) {
    readable_ = false;
    return {IoStatus::Deadline, 0, 0};
  }
  return errno == EINTR ? try_read(into) : failed(errno);
}

bool Socket::confirm_readable() {
  if (readable_ && !peer_closed_) {
    char byte = 0;
    readable_ = ::recv(fd_.get(), &byte, 1, MSG_PEEK) >= 0 || !would_block(errno);
  }
  return readable_;
}

bool Socket::readable_now() {
  if (!readable_) {
    char byte = 0;
    readable_ = ::recv(fd_.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 || !would_block(errno);
  }
  return readable_;
}

/// One copy is cheaper than having the kernel walk a handful of short pieces.
IoResult Socket::try_write(std::span<const std::string_view> pieces) {
  const std::size_t total = total_size(pieces);
  const std::span<char> gathered = loop_.scratch();
  if (total > gathered.size()) {
    return try_write_scattered(pieces);
  }
  char* end = gathered.data();
  for (std::string_view piece : pieces) {
    end = std::copy(piece.begin(), piece.end(), end);
  }
  return written(send_now(fd_.get(), gathered.data(), total));
}

IoResult Socket::try_write_scattered(std::span<const std::string_view> pieces) {
  std::array<iovec, MaxPieces> parts{};
  std::size_t used = 0;
  for (std::string_view piece : pieces.first(std::min(pieces.size(), MaxPieces))) {
    if (!piece.empty()) {
      parts[used++] = {const_cast<char*>(piece.data()), piece.size()};
    }
  }
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = used;
  return written(::sendmsg(fd_.get(), &message, MSG_NOSIGNAL));
}

IoResult Socket::written(ssize_t count) {
  if (count >= 0) {
    return {IoStatus::Ok, static_cast<std::size_t>(count), 0};
  }
  if (would_block(errno) || errno == EINTR) {
    writable_ = errno == EINTR;
    return {IoStatus::Deadline, 0, 0};
  }
  return failed(errno);
}

IoResult Socket::finish_wait(WaitResult result) const {
  if (cancelled_) {
    return failed(ECANCELED);
  }
  switch (result) {
    case WaitResult::ClientLeft:
      return {IoStatus::ClientLeft, 0, 0};
    case WaitResult::Deadline:
      return {IoStatus::Deadline, 0, 0};
    case WaitResult::Shutdown:
      return {IoStatus::Shutdown, 0, 0};
    case WaitResult::Event:
      break;
  }
  return {};
}

IoResult Socket::wait_readable(Deadline deadline) {
  if (readable_ || cancelled_) {
    return finish_wait(WaitResult::Event);
  }
  Wait wait;
  reader_ = &wait;
  const WaitResult result = wait.until(deadline);
  reader_ = nullptr;
  return finish_wait(result);
}

IoResult Socket::wait_writable(Deadline deadline) {
  if (writable_ || cancelled_) {
    return finish_wait(WaitResult::Event);
  }
  Wait wait;
  writer_ = &wait;
  const WaitResult result = wait.until(deadline);
  writer_ = nullptr;
  return finish_wait(result);
}

IoResult Socket::wait_writable_or_readable(Deadline deadline) {
  if (!writable_ && !readable_ && !cancelled_) {
    Wait wait;
    reader_ = writer_ = &wait;
    const WaitResult result = wait.until(deadline);
    reader_ = writer_ = nullptr;
    if (result != WaitResult::Event) {
      return finish_wait(result);
    }
  }
  if (cancelled_) {
    return failed(ECANCELED);
  }
  return {readable_ ? IoStatus::Readable : IoStatus::Ok, 0, 0};
}

void Socket::watch_departure(Interruption* interruption) {
  departure_ = interruption;
  if (departure_ != nullptr && peer_closed_) {
    departure_->raise(WaitResult::ClientLeft);
  }
}

void Socket::when_readable(std::function<void()> callback) {
  when_readable_ = std::move(callback);
  if (when_readable_ && confirm_readable()) {
    std::exchange(when_readable_, nullptr)();
  }
}

void Socket::shutdown_write() {
  ::shutdown(fd_.get(), SHUT_WR);
}

void Socket::abort() {
  const linger at_once{1, 0};
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}

void Socket::cancel() {
  cancelled_ = true;
  if (reader_ != nullptr) {
    reader_->notify();
  }
  if (writer_ != nullptr && writer_ != reader_) {
    writer_->notify();
  }
}

IoResult TcpStream::read_some(std::span<char> into, Deadline deadline) {
  for (;;) {
    if (const IoResult waited = socket_->wait_readable(deadline); !waited) {
      return waited;
    }
    const IoResult result = socket_->try_read(into);
    if (result.status != IoStatus::Deadline) {
      return result;
    }
  }
}

IoResult TcpStream::write_all(std::span<const std::string_view> pieces,
                              SteadyClock::duration idle) {
  const std::size_t total = total_size(pieces);
  if (total == 0) {
    return {};
  }
  IoResult result = socket_->try_write(pieces);
  if (result && result.bytes == total) {
    return result;  // nearly always
  }
  std::vector<std::string_view> rest(pieces.begin(), pieces.end());
  while (result || result.status == IoStatus::Deadline) {
    drop_front(rest, result.bytes);
    if (rest.empty()) {
      return {IoStatus::Ok, total, 0};
    }
    if (const IoResult waited = socket_->wait_writable(deadline_in(idle)); !waited) {
      return waited;
    }
    result = socket_->try_write(rest);
  }
  return result;
}

IoResult TcpStream::write_some(std::string_view piece, Deadline deadline) {
  for (;;) {
    if (socket_->confirm_readable()) {
      return {IoStatus::Readable, 0, 0};
    }
    const IoResult result = socket_->try_write(std::span<const std::string_view>(&piece, 1));
    if (result.status != IoStatus::Deadline) {
      return result;
    }
    if (const IoResult waited = socket_->wait_writable_or_readable(deadline); !waited) {
      return waited;
    }
  }
}

}  // namespace llmsnap::io
