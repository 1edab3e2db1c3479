// Connection: one client connection: idle without a fiber, then a fiber that serves its requests in
// order. Thread rule: its loop's thread only. Owned by its LoopFront, which it asks to destroy it.
#pragma once

#include <list>
#include <memory>
#include <string>

#include "http/read_buffer.h"
#include "http/transaction.h"
#include "io/socket.h"
#include "io/stream.h"
#include "io/timers.h"
#include "io/tls.h"
#include "io/wait.h"
#include "wire/request_head.h"

namespace llmsnap::http {

class LoopFront;

/// Of the listener that accepted the connection; shared by all of its connections.
struct ListenerFacts {
  std::string listen_name;
  const io::TlsContext* tls = nullptr;  ///< null: plain
};

class Connection {
 public:
  using Place = std::list<std::unique_ptr<Connection>>::iterator;

  Connection(LoopFront& front, std::unique_ptr<io::Socket> socket, const ListenerFacts& listener,
             std::string peer, bool to_loopback);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Once, when the front has stored it at `place`: waits for the first byte.
  void begin(Place place);

  bool idle() const { return idle_; }
  int descriptor() const { return descriptor_; }
  ConnectionFacts facts() const;
  /// Ends every wait of the request in work.
  void cut() { interruption_.raise(io::WaitResult::Shutdown); }

 private:
  class IdleTimer;
  /// Abort: closed at once, so that the client cannot take what it got for complete.
  enum class Next { Serve, Idle, Close, Abort };

  void wait_for_byte(std::chrono::milliseconds limit);
  void serve();
  void end_service(Next next);
  bool secure();
  Next serve_one();
  bool read_head();
  Next run(Transaction& transaction);
  void refuse_head(const Error& error);
  void close_in_order();

  LoopFront& front_;
  const ListenerFacts& listener_;
  const std::string peer_;
  const bool to_loopback_;
  const int descriptor_;
  std::unique_ptr<io::Socket> socket_;  // until the first byte; then stream_ has it
  std::unique_ptr<io::Stream> stream_;
  io::Interruption interruption_;
  std::unique_ptr<IdleTimer> idle_timer_;
  bool idle_ = false;
  Place place_;

  ReadBuffer buffer_;
  std::string head_bytes_;
  wire::RequestHead head_;
};

}  // namespace llmsnap::http
