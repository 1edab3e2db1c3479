// TestSocket: a blocking socket with deadlines, for tests that play client or server by hand.
// Thread rule: one thread at a time, but shutdown_now from any.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/unique_fd.h"

namespace llmsnap::test {

/// Long enough for a loaded machine; a test that hits it has failed.
inline constexpr auto Patience = std::chrono::seconds(20);

class TestSocket {
 public:
  TestSocket() = default;
  explicit TestSocket(UniqueFd fd) : fd_(std::move(fd)) {}

  /// Throws std::runtime_error if the connection is refused.
  static TestSocket connect(std::uint16_t port, const std::string& host = "127.0.0.1");
  static TestSocket connect_unix(const std::string& path);

  explicit operator bool() const { return static_cast<bool>(fd_); }
  int descriptor() const { return fd_.get(); }

  /// False if the peer does not take it any more.
  bool send(std::string_view bytes);
  void half_close();
  /// The peer sees RST.
  void reset_connection();
  void close() { fd_.reset(); }

  /// What has arrived next, at least one byte; empty at the end of the connection (FIN or RST).
  /// Throws when nothing comes for Patience.
  std::string receive();
  /// True if the connection ended with RST, after receive has told its end.
  bool was_reset() const { return reset_; }
  /// Everything up to the end of the connection.
  std::string receive_all();
  /// Up to and including `mark`; all there is if the connection ends first.
  std::string receive_until(std::string_view mark);
  /// Bytes that receive gives first.
  void put_back(const std::string& bytes) { ahead_.insert(0, bytes); }
  /// True if the peer closes within `limit`, whatever it sends before.
  bool closes_within(std::chrono::milliseconds limit);
  /// True once bytes or the end can be received.
  bool wait_readable(std::chrono::milliseconds limit) const;

 private:
  UniqueFd fd_;
  bool reset_ = false;
  std::string ahead_;  // received behind a mark
};

/// One answer as a client reads it.
struct ReceivedAnswer {
  int status = 0;
  std::string head;  ///< up to and including the empty line
  std::string body;  ///< decoded
  std::string trailers;
  bool complete = false;  ///< the framing says so

  /// Value of the first field of that name (lower case), or "(none)".
  std::string field(std::string_view name) const;
};

/// Reads one final answer (1xx are skipped), by its framing.
ReceivedAnswer receive_answer(TestSocket& socket, bool to_head = false);

/// One request on a connection of its own, closed afterwards.
ReceivedAnswer exchange(std::uint16_t port, std::string_view request, bool to_head = false);

}  // namespace llmsnap::test
