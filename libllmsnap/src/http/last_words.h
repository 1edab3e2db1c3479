// LastWords: a socket that gets one answer and is closed: written at once or not at all. Thread
// rule: any thread, outside of fibers too: no call waits.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "io/stream.h"

namespace llmsnap::http {

/// Whether the peer can be told anything: before a TLS handshake it cannot.
enum class Hearing { None, Plain };

class LastWords final : public io::Stream {
 public:
  /// What has arrived on the socket is thrown away, up to a bound: a close over unread bytes would
  /// destroy the answer. Whoever owns the socket closes it.
  LastWords(Hearing hearing, int socket);

  /// Failed where the peer cannot be told. What the socket's send buffer does not take is lost:
  /// Failed.
  io::IoResult write_all(std::span<const std::string_view> pieces,
                         SteadyClock::duration idle) override;
  io::IoResult write_some(std::string_view piece, Deadline deadline) override;
  io::IoResult read_some(std::span<char>, Deadline) override { return {io::IoStatus::End, 0, 0}; }
  bool readable() override { return false; }
  bool peer_closed() const override { return false; }
  void when_readable(std::function<void()>) override {}
  void watch_departure(io::Interruption*) override {}
  void shutdown_write() override;
  void abort() override {}
  void cancel() override {}

 private:
  const Hearing hearing_;
  const int socket_;
};

}  // namespace llmsnap::http
