// TlsContext: certificates and rules of TLS for one side; streams are made from it.
// Thread rule: immutable after construction; used from any loop.
#pragma once

#include <memory>
#include <string>

#include "io/stream.h"
#include "llmsnap/result.h"

struct ssl_ctx_st;

namespace llmsnap::io {

class Socket;

class TlsContext {
 public:
  /// Serves with this certificate chain and key (PEM files). TLS 1.2 and newer.
  static Result<std::unique_ptr<TlsContext>> server(const std::string& certificate_file,
                                                    const std::string& key_file);
  /// Verifies servers against the system's certificates and the name asked for.
  static Result<std::unique_ptr<TlsContext>> client();

  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  /// On a fiber: the handshake as the server. BadRequest with the reason.
  Result<std::unique_ptr<Stream>> accept(std::unique_ptr<Socket> socket, Deadline deadline) const;

  /// On a fiber: the handshake as the client of `host`. UpstreamFailed or UpstreamTimeout with the
  /// reason.
  Result<std::unique_ptr<Stream>> connect(std::unique_ptr<Socket> socket, const std::string& host,
                                          Deadline deadline) const;

 private:
  explicit TlsContext(ssl_ctx_st* context) : context_(context) {}
  ssl_ctx_st* context_;
};

}  // namespace llmsnap::io
