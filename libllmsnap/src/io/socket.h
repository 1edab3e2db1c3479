// Socket: a non-blocking socket in its loop's poller, and the waits for it. TcpStream is the plain
// Stream on it. Thread rule: the loop's thread only.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>

#include "base/unique_fd.h"
#include "io/poller.h"
#include "io/stream.h"
#include "io/wait.h"

namespace llmsnap::io {

class Socket final : public PollTarget {
 public:
  /// Takes over a connected non-blocking socket.
  Socket(Loop& loop, UniqueFd fd);
  ~Socket();
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  int descriptor() const { return fd_.get(); }

  /// One attempt without waiting: Ok with bytes, End, Failed, or Deadline when it would block.
  IoResult try_read(std::span<char> into);
  IoResult try_write(std::span<const std::string_view> pieces);

  /// Ok when an attempt is worthwhile; else why the wait ended.
  IoResult wait_readable(Deadline deadline);
  IoResult wait_writable(Deadline deadline);
  /// Whichever comes first; Readable wins over Ok.
  IoResult wait_writable_or_readable(Deadline deadline);

  /// See Stream::readable and Stream::readable_now.
  bool confirm_readable();
  bool readable_now();
  bool peer_closed() const { return peer_closed_; }
  void watch_departure(Interruption* interruption);

  /// `callback` runs once, outside of fibers, when the socket is readable and no fiber waits for
  /// it.
  void when_readable(std::function<void()> callback);

  void shutdown_write();
  void abort();
  void cancel();

 private:
  void on_ready(Readiness readiness) override;
  IoResult try_write_scattered(std::span<const std::string_view> pieces);
  IoResult written(ssize_t count);
  IoResult finish_wait(WaitResult result) const;

  Loop& loop_;
  UniqueFd fd_;
  bool readable_ = false;  // the first report of the poller tells
  bool writable_ = true;
  bool peer_closed_ = false;
  bool cancelled_ = false;
  Wait* reader_ = nullptr;
  Wait* writer_ = nullptr;
  Interruption* departure_ = nullptr;
  std::function<void()> when_readable_;
};

class TcpStream final : public Stream {
 public:
  explicit TcpStream(std::unique_ptr<Socket> socket) : socket_(std::move(socket)) {}

  /// At last: what comes next is spoken over the socket itself.
  std::unique_ptr<Socket> take_socket() { return std::move(socket_); }

  using Stream::write_all;
  IoResult read_some(std::span<char> into, Deadline deadline) override;
  IoResult write_all(std::span<const std::string_view> pieces, SteadyClock::duration idle) override;
  IoResult write_some(std::string_view piece, Deadline deadline) override;
  bool readable() override { return socket_->confirm_readable(); }
  bool readable_now() override { return socket_->readable_now(); }
  bool peer_closed() const override { return socket_->peer_closed(); }
  void when_readable(std::function<void()> callback) override {
    socket_->when_readable(std::move(callback));
  }
  void watch_departure(Interruption* interruption) override {
    socket_->watch_departure(interruption);
  }
  void shutdown_write() override { socket_->shutdown_write(); }
  void abort() override { socket_->abort(); }
  void cancel() override { socket_->cancel(); }

 private:
  std::unique_ptr<Socket> socket_;
};

}  // namespace llmsnap::io
