// TLS for tests by an implementation of its own: a server end in front of a plain server, and a
// client. Thread rule: made and destroyed by the test's thread; each connection is served by one of
// its own.
#pragma once

#include <atomic>
#include <list>
#include <memory>
#include <string>
#include <thread>

#include "base/mutex.h"
#include "support/self_signed.h"
#include "support/test_socket.h"

namespace llmsnap::test {

/// Accepts TLS and passes each connection on to a plain server on 127.0.0.1, one for one.
class TlsFront {
 public:
  /// `host`: 127.0.0.1 or ::1, where it listens.
  TlsFront(const SelfSigned& certificate, std::uint16_t plain_port,
           const std::string& host = "127.0.0.1");
  ~TlsFront();
  TlsFront(const TlsFront&) = delete;
  TlsFront& operator=(const TlsFront&) = delete;

  std::uint16_t port() const { return port_; }
  std::size_t handshakes() const { return handshakes_.load(); }

 private:
  struct Context;
  void accept_loop();
  void serve(UniqueFd secret);

  const std::unique_ptr<Context> context_;
  const std::uint16_t plain_port_;
  UniqueFd listener_;
  std::uint16_t port_ = 0;
  std::atomic<std::size_t> handshakes_{0};
  std::thread acceptor_;
  Mutex mutex_;
  std::list<std::thread> servers_ GUARDED_BY(mutex_);
};

/// A client's connection over TLS, used as if it were plain. The certificate is not checked.
class TlsClient {
 public:
  explicit TlsClient(std::uint16_t port);
  ~TlsClient();
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  TestSocket& socket() { return plain_; }

 private:
  TestSocket plain_;
  std::thread pipe_;
};

}  // namespace llmsnap::test
