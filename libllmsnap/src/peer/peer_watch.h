// PeerWatch: asks peers whether they are there, and those that are gateways like this one how their
// models stand.
// Thread rule: made, changed and stopped by the gateway's owner, never on the loop's thread; its
// fibers belong to one loop.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "peer/peer.h"

namespace llmsnap {
class Log;
}
namespace llmsnap::io {
class Loop;
}
namespace llmsnap::upstream {
class Pool;
}

namespace llmsnap::peer {

/// A peer is asked at once and then as inquiry.h has it; one that fails, by its back-off. Where the
/// questions are not answered it counts as failed, as it does for a request.
class PeerWatch {
 public:
  /// All must outlive it; `pool` is the loop's.
  PeerWatch(io::Loop& loop, upstream::Pool& pool, Log& log);
  /// Stops.
  ~PeerWatch();
  PeerWatch(const PeerWatch&) = delete;
  PeerWatch& operator=(const PeerWatch&) = delete;

  /// These and no others, from now on.
  void follow(const std::vector<std::shared_ptr<Peer>>& peers);

  /// Asks nobody any more, and waits until no fiber of it is left.
  void stop();

 private:
  class Side;  // what lives on the loop
  io::Loop& loop_;
  std::shared_ptr<Side> side_;
};

}  // namespace llmsnap::peer
