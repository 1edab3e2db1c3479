// ConnectionTimeouts: how long the connections to a model's server or a peer may take for what.
// Thread rule: plain values.
#pragma once

#include <chrono>

namespace llmsnap {

/// The names in the config stand behind; 0 = no limit, where it says nothing else.
struct ConnectionTimeouts {
  std::chrono::milliseconds connect{30'000};        ///< name, address and TLS together
  std::chrono::milliseconds tls_handshake{10'000};  ///< tlsHandshake: of connect, TLS alone
  /// responseHeader: from the end of the request to the answer's head; while it is sent: time
  /// without progress.
  std::chrono::milliseconds response_header{0};
  std::chrono::milliseconds idle{0};  ///< silence within an answer
  /// keepalive: between the kernel's questions whether a silent server is still there; 0 = 15 s.
  std::chrono::milliseconds keep_alive{30'000};
  /// idleConn: for how long a connection may be unused and still be used again. Never over 4 s,
  /// whatever this says: many servers close theirs after 5.
  std::chrono::milliseconds idle_connection{90'000};

  friend bool operator==(const ConnectionTimeouts&, const ConnectionTimeouts&) = default;
};

}  // namespace llmsnap
