// Pool: keep-alive connections to upstream servers that wait for their next request.
// Thread rule: one per loop, touched on that loop only; no locks. It must go before its loop and
// after the exchanges that were opened with it.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>

#include "base/forward_proxy.h"
#include "base/url.h"
#include "io/stream.h"

namespace llmsnap::upstream {

class BlockList;

class Pool {
 public:
  struct Limits {
    std::size_t idle_per_server = 64;
    /// Shorter than the 5 s after which llama-server and uvicorn close, so that they rarely win the
    /// race.
    std::chrono::milliseconds idle_time{4'000};
    /// A connection that was idle for longer is looked at by a system call before it is given: what
    /// its server said in parting may have come since the loop last looked. Those of a busy gateway
    /// are used again sooner, and cost no call.
    std::chrono::milliseconds look_after{100};
  };

  Pool();
  explicit Pool(Limits limits);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  /// The most recently used idle connection to that server that looks alive, or null. `longest`:
  /// what the asker allows it to have been idle, if that is less than the pool does; 0 = anything.
  /// `proxy`: the way to the server; null: none.
  std::unique_ptr<io::Stream> take(const Url& url,
                                   std::chrono::milliseconds longest = std::chrono::milliseconds(0),
                                   const ForwardProxy* proxy = nullptr);

  /// Keeps a connection whose last answer was read to its end. Over the limit the oldest one is
  /// closed.
  void give_back(const Url& url, std::unique_ptr<io::Stream> stream,
                 const ForwardProxy* proxy = nullptr);

  /// Closes all idle connections.
  void clear();

  std::size_t idle() const;

  /// Buffers of the exchanges on this loop.
  BlockList& blocks();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace llmsnap::upstream
