// LoopFront: the client connections of one loop, and what they share.
// Thread rule: its loop's thread only, but for open().
#pragma once

#include <atomic>
#include <functional>
#include <list>
#include <memory>

#include "http/connection.h"
#include "http/http_date.h"
#include "http/httplib_adapter.h"
#include "io/listener.h"
#include "llmsnap/config.h"
#include "log/paced_warning.h"

namespace llmsnap {
class GatewayCore;
namespace upstream {
class Pool;
}
}  // namespace llmsnap

namespace llmsnap::http {

/// What the fronts of all loops have in common: how many connections are open, and the warning
/// about those that found no place. Any thread.
struct Admission {
  explicit Admission(Log& log);
  std::atomic<std::size_t> open_connections{0};
  PacedWarning over_limit;
  PacedWarning no_stack;
};

class LoopFront {
 public:
  LoopFront(GatewayCore& core, upstream::Pool& pool, HttplibAdapter& adapter, Admission& admission);
  ~LoopFront();
  LoopFront(const LoopFront&) = delete;
  LoopFront& operator=(const LoopFront&) = delete;

  /// Takes a connection in, or answers 503 and closes it when there are too many.
  void accept(io::Accepted accepted, const ListenerFacts& listener);

  void destroy(Connection::Place place);

  /// Closes a connection that no fiber can be had for, with 503 where that can be said.
  void turn_away(Connection::Place place);

  /// Closes idle connections; the others close after the answer they are at. `when_empty` runs when
  /// the last is gone.
  void stop(std::function<void()> when_empty);

  /// Ends the waits of all requests in work.
  void cut();

  /// Any thread: connections of this loop.
  std::size_t open() const { return open_here_.load(std::memory_order_relaxed); }

  bool stopping() const { return stopping_; }
  GatewayCore& core() { return core_; }
  upstream::Pool& pool() { return pool_; }
  const Limits& limits() const;
  HttpDate& date() { return date_; }
  HttplibAdapter& adapter() { return adapter_; }

 private:
  void turn_away(int descriptor, const ConnectionFacts& facts);
  void check_empty();

  GatewayCore& core_;
  upstream::Pool& pool_;
  HttplibAdapter& adapter_;
  Admission& admission_;
  std::atomic<std::size_t> open_here_{0};
  HttpDate date_;
  std::list<std::unique_ptr<Connection>> connections_;
  bool stopping_ = false;
  std::function<void()> when_empty_;
};

}  // namespace llmsnap::http
