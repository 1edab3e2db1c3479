// LoopFront: the client connections of one loop, and what they share.
// Thread rule: its loop's thread only, but for expect and open.
#pragma once

#include <atomic>
#include <functional>
#include <list>
#include <memory>

#include "api/stop_notice.h"
#include "http/connection.h"
#include "http/http_date.h"
#include "http/httplib_adapter.h"
#include "io/listener.h"
#include "llmsnap/config.h"

namespace llmsnap {
class GatewayCore;
namespace upstream {
class Pool;
}
}  // namespace llmsnap

namespace llmsnap::http {

class LoopFront {
 public:
  /// `open_connections` counts those of all loops.
  LoopFront(GatewayCore& core, upstream::Pool& pool, HttplibAdapter& adapter,
            std::atomic<std::size_t>& open_connections);
  ~LoopFront();
  LoopFront(const LoopFront&) = delete;
  LoopFront& operator=(const LoopFront&) = delete;

  /// Any thread, before the accept of each connection: it counts from here on.
  void expect() { open_here_.fetch_add(1, std::memory_order_relaxed); }

  /// Takes an expected connection in, or answers 503 and closes it when there are too many.
  void accept(io::Accepted accepted, const ListenerFacts& listener);

  void destroy(Connection::Place place);

  /// Closes a connection that no fiber can be had for, with 503 where that can be said.
  void turn_away(Connection::Place place);

  /// Closes idle connections and ends answers without an end; the others close after the answer
  /// they are at. `when_empty` runs when the last is gone.
  void stop(std::function<void()> when_empty);

  /// Ends the waits of all requests in work.
  void cut();

  /// Any thread: connections of this loop, expected ones too.
  std::size_t open() const { return open_here_.load(std::memory_order_relaxed); }

  bool stopping() const { return stop_notice_.given(); }
  api::StopNotice& stop_notice() { return stop_notice_; }
  GatewayCore& core() { return core_; }
  upstream::Pool& pool() { return pool_; }
  const Limits& limits() const;
  HttpDate& date() { return date_; }
  HttplibAdapter& adapter() { return adapter_; }

 private:
  void turn_away(int descriptor, const ConnectionFacts& facts);
  void count_out();
  void check_empty();

  GatewayCore& core_;
  upstream::Pool& pool_;
  HttplibAdapter& adapter_;
  std::atomic<std::size_t>& open_connections_;
  std::atomic<std::size_t> open_here_{0};
  HttpDate date_;
  std::list<std::unique_ptr<Connection>> connections_;
  api::StopNotice stop_notice_;
  std::function<void()> when_empty_;
};

}  // namespace llmsnap::http
