// connect: opens a Stream to a server by URL: resolve, try each address, TLS handshake; and these
// steps one by one.
// Thread rule: called on a fiber; the stream belongs to its loop.
#pragma once

#include <chrono>
#include <memory>

#include "base/clock.h"
#include "base/url.h"
#include "io/stream.h"
#include "llmsnap/result.h"

namespace llmsnap::io {

class Socket;

struct ConnectOptions {
  Deadline deadline = NoDeadline;              ///< of all steps together
  std::chrono::milliseconds tls_handshake{0};  ///< of that step, at most; 0 = no limit of its own
  /// Between the kernel's questions whether a silent server is still there, in whole seconds; 0 =
  /// the system's, which are hours.
  std::chrono::milliseconds keep_alive{0};
};

/// Errors: UpstreamFailed (refused, unknown host, handshake), UpstreamTimeout, ClientLeft,
/// ShuttingDown, Unavailable (too many names are asked for). The text says which address and why.
Result<std::unique_ptr<Stream>> connect(const Url& url, const ConnectOptions& options);

/// The first step: a connection to host and port, or to the Unix socket.
Result<std::unique_ptr<Socket>> connect_socket(const Url& url, const ConnectOptions& options);

/// The second: the handshake with the server of `url` at the other end of `socket`.
Result<std::unique_ptr<Stream>> start_tls(std::unique_ptr<Socket> socket, const Url& url,
                                          const ConnectOptions& options);

}  // namespace llmsnap::io
