// TlsStream: a Stream that encrypts, over a Socket.
// Thread rule: the loop's thread only.
#pragma once

#include <memory>
#include <string>

#include "io/socket.h"
#include "io/stream.h"

struct ssl_ctx_st;
struct ssl_st;

namespace llmsnap::io {

class TlsStream final : public Stream {
 public:
  TlsStream(ssl_ctx_st* context, std::unique_ptr<Socket> socket);
  ~TlsStream() override;
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;

  ssl_st* session() { return ssl_; }

  /// Runs the handshake for which the session was set up (accept or connect state).
  IoResult handshake(Deadline deadline);

  using Stream::write_all;
  IoResult read_some(std::span<char> into, Deadline deadline) override;
  IoResult write_all(std::span<const std::string_view> pieces, SteadyClock::duration idle) override;
  IoResult write_some(std::string_view piece, Deadline deadline) override;
  bool readable() override;
  bool readable_now() override { return readable() || socket_->readable_now(); }
  bool peer_closed() const override { return socket_->peer_closed(); }
  void when_readable(std::function<void()> callback) override;
  void watch_departure(Interruption* interruption) override {
    socket_->watch_departure(interruption);
  }
  void shutdown_write() override;
  void abort() override { socket_->abort(); }
  void cancel() override { socket_->cancel(); }

 private:
  IoResult wait_for(int ssl_error, Deadline deadline);
  IoResult failure(int ssl_error) const;

  std::unique_ptr<Socket> socket_;
  ssl_st* ssl_;
};

/// What OpenSSL says went wrong last on this thread; empties its queue.
std::string tls_failure_text();

}  // namespace llmsnap::io
