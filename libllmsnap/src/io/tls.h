// TlsContext: certificates and rules of TLS for one side; streams are made from it.
// Thread rule: any thread.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "base/mutex.h"
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

  ~TlsContext() = default;
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  /// Streams that are made from now on go by what `other` has.
  void renew(const TlsContext& other);

  /// On a fiber: the handshake as the server. BadRequest with the reason.
  Result<std::unique_ptr<Stream>> accept(std::unique_ptr<Socket> socket, Deadline deadline) const;

  /// On a fiber: the handshake as the client of `host`. UpstreamFailed or UpstreamTimeout with the
  /// reason.
  Result<std::unique_ptr<Stream>> connect(std::unique_ptr<Socket> socket, const std::string& host,
                                          Deadline deadline) const;

 private:
  using Context = std::shared_ptr<ssl_ctx_st>;  // shared with a stream that is being made
  explicit TlsContext(Context context) : context_(std::move(context)) {}
  Context context() const;

  mutable Mutex mutex_;
  Context context_ GUARDED_BY(mutex_);
};

}  // namespace llmsnap::io
