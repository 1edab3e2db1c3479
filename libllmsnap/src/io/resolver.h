// Resolver: host names to addresses, on a thread of its own because the system's call blocks.
// Thread rule: resolve on a fiber of any loop; the destructor waits for a call that is under way.
#pragma once

#include <sys/socket.h>

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "llmsnap/result.h"

namespace llmsnap::io {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

/// `host` as a numeric address, without asking anybody; empty if it is a name.
std::vector<SocketAddress> numeric_address(const std::string& host, std::uint16_t port);

class Resolver {
 public:
  Resolver();
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  /// At least one address. Errors: UpstreamFailed (unknown host), UpstreamTimeout, ClientLeft,
  /// Unavailable.
  Result<std::vector<SocketAddress>> resolve(const std::string& host, std::uint16_t port,
                                             Deadline deadline);

 private:
  struct Query;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace llmsnap::io
