#include "http/loop_front.h"

#include <new>
#include <utility>

#include "gateway/gateway_core.h"
#include "http/last_words.h"
#include "http/transaction.h"
#include "io/loop.h"

namespace llmsnap::http {

LoopFront::LoopFront(GatewayCore& core, upstream::Pool& pool, HttplibAdapter& adapter,
                     std::atomic<std::size_t>& open_connections)
    : core_(core), pool_(pool), adapter_(adapter), open_connections_(open_connections) {}

LoopFront::~LoopFront() = default;

const Limits& LoopFront::limits() const {
  return core_.config().limits;
}

void LoopFront::accept(io::Accepted accepted, const ListenerFacts& listener) {
  if (stopping()) {
    open_here_.fetch_sub(1, std::memory_order_relaxed);
    return;
  }
  if (open_connections_.fetch_add(1, std::memory_order_relaxed) >= limits().connections) {
    core_.overload().connection_over_limit();
    turn_away(accepted.fd.get(),
              {accepted.peer, listener.listen_name, accepted.to_loopback, listener.tls != nullptr});
    count_out();
    return;
  }
  auto socket = std::make_unique<io::Socket>(*io::Loop::current(), std::move(accepted.fd));
  connections_.push_front(std::make_unique<Connection>(
      *this, std::move(socket), listener, std::move(accepted.peer), accepted.to_loopback));
  connections_.front()->begin(connections_.begin());
}

void LoopFront::turn_away(Connection::Place place) {
  core_.overload().no_stack();
  turn_away((*place)->descriptor(), (*place)->facts());
  destroy(place);
}

/// One try to say why, on a socket whose send buffer is empty; no fiber is spent.
void LoopFront::turn_away(int descriptor, const ConnectionFacts& facts) {
  const Error error{ErrorCode::Unavailable, "too many connections are open"};
  try {
    LastWords stream(facts.tls ? Hearing::None : Hearing::Plain, descriptor);
    refuse(*this, stream, error, facts);
    stream.shutdown_write();
  } catch (const std::bad_alloc&) {
    // Then it is closed without a word.
  }
}

void LoopFront::count_out() {
  open_connections_.fetch_sub(1, std::memory_order_relaxed);
  open_here_.fetch_sub(1, std::memory_order_relaxed);
}

void LoopFront::destroy(Connection::Place place) {
  connections_.erase(place);
  count_out();
  check_empty();
}

void LoopFront::check_empty() {
  if (stopping() && connections_.empty() && when_empty_) {
    std::exchange(when_empty_, nullptr)();
  }
}

void LoopFront::stop(std::function<void()> when_empty) {
  when_empty_ = std::move(when_empty);
  stop_notice_.give();
  for (auto at = connections_.begin(); at != connections_.end();) {
    const auto next = std::next(at);
    if ((*at)->idle()) {
      connections_.erase(at);
      count_out();
    }
    at = next;
  }
  check_empty();
}

void LoopFront::cut() {
  for (auto& connection : connections_) {
    connection->cut();
  }
}

}  // namespace llmsnap::http
