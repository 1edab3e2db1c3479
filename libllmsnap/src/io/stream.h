// Stream: a connected byte stream (TCP, TLS or Unix socket) whose calls suspend the calling fiber.
// Thread rule: used on the loop it was made on, by one reader and one writer fiber at a time.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "llmsnap/result.h"

namespace llmsnap::io {

class Interruption;

enum class IoStatus {
  Ok,
  End,       ///< read: the peer sent everything it had
  Readable,  ///< write_some: nothing written, but the peer sent something
  Deadline,
  ClientLeft,  ///< the fiber was interrupted: its client left
  Shutdown,    ///< the fiber was interrupted: the gateway cuts it off
  Failed,      ///< the connection broke; error says how
};

struct IoResult {
  IoStatus status = IoStatus::Ok;
  std::size_t bytes = 0;
  int error = 0;  ///< errno where status is Failed; 0 for a TLS failure

  explicit operator bool() const { return status == IoStatus::Ok; }
};

/// Why a call failed, in words for a message.
std::string describe(const IoResult& result);

/// The code of an error about a server that we talk to: UpstreamTimeout, ClientLeft,
/// ShuttingDown, else UpstreamFailed.
ErrorCode error_code(const IoResult& result);

class Stream {
 public:
  virtual ~Stream() = default;

  /// At least one byte, or why not.
  virtual IoResult read_some(std::span<char> into, Deadline deadline) = 0;

  /// All of the pieces in order, in as few system calls as possible. `idle` bounds the time without
  /// progress (zero: no bound).
  virtual IoResult write_all(std::span<const std::string_view> pieces,
                             SteadyClock::duration idle) = 0;
  IoResult write_all(std::string_view piece, SteadyClock::duration idle) {
    return write_all(std::span<const std::string_view>(&piece, 1), idle);
  }

  /// Some of `piece` (at least one byte), or Readable when the peer has sent bytes (or closed) that
  /// nobody has read: how a sender of a long body notices an early answer.
  virtual IoResult write_some(std::string_view piece, Deadline deadline) = 0;

  /// True if bytes, or the end, are there to be read, as far as the loop has seen. Asks the kernel
  /// only where the last read filled its buffer, which proves nothing about what is left.
  virtual bool readable() = 0;

  /// As readable, but also asks the kernel for what came since the loop last looked: one system
  /// call.
  virtual bool readable_now() { return readable(); }

  /// True once the peer has closed its side, as far as the loop has seen. No system call.
  virtual bool peer_closed() const = 0;

  /// `callback` runs once, on the loop but outside of fibers, when bytes or the end can be read; at
  /// once if they can now. For a connection that has no fiber while it is idle. Null: no longer.
  virtual void when_readable(std::function<void()> callback) = 0;

  /// From now on the peer's departure (FIN or RST) raises `interruption` with ClientLeft, at once
  /// if it is known already; null ends the watch.
  virtual void watch_departure(Interruption* interruption) = 0;

  /// Sends what says goodbye (TLS) and ends our direction; the peer may still send.
  virtual void shutdown_write() = 0;

  /// Ends the connection so that the peer sees it as broken (RST on TCP), for an answer that may
  /// not look complete. A plain destruction closes it in order.
  virtual void abort() = 0;

  /// Ends every wait of another fiber on this stream (it answers Failed with ECANCELED).
  virtual void cancel() = 0;
};

}  // namespace llmsnap::io
