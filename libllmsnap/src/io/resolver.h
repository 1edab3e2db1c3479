// Resolver: host names to addresses, on a thread of its own because the system's call blocks.
// Thread rule: resolve on a fiber of any loop; the destructor waits for a call that is under way.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <functional>
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

/// What the system knows of a name: no address and the reason (an EAI_* code), or at least one.
struct Lookup {
  int error = 0;
  std::vector<SocketAddress> addresses;
};

class Resolver {
 public:
  using LookUpFunction = std::function<Lookup(const std::string& host, std::uint16_t port)>;

  /// `look_up` may block; it is called on the resolver's thread, once for all who ask for the same
  /// name meanwhile. A name that nobody waits for any more is not looked up.
  explicit Resolver(LookUpFunction look_up = ask_system);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  /// At least one address. Errors: UpstreamFailed (unknown host), UpstreamTimeout, ClientLeft,
  /// ShuttingDown, Unavailable (too many names are asked for at once).
  Result<std::vector<SocketAddress>> resolve(const std::string& host, std::uint16_t port,
                                             Deadline deadline);

  static Lookup ask_system(const std::string& host, std::uint16_t port);

 private:
  struct Asker;
  struct Question;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace llmsnap::io
