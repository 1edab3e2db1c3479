#include "http/loop_front.h"

#include <utility>

#include "gateway/gateway_core.h"
#include "http/last_words.h"
#include "http/transaction.h"
#include "io/loop.h"

namespace llmsnap::http {

Admission::Admission(Log& log)
    : over_limit(log, "connections turned away, limits.connections is reached",
                 std::chrono::seconds(1)),
      no_stack(log,
               "connections turned away, there is no memory for their stacks (a limit on address "
               "space, or vm.max_map_count; limits.connections bounds the need)",
               std::chrono::seconds(1)) {}

LoopFront::LoopFront(GatewayCore& core, upstream::Pool& pool, HttplibAdapter& adapter,
                     Admission& admission)
    : core_(core), pool_(pool), adapter_(adapter), admission_(admission) {}

LoopFront::~LoopFront() = default;

const Limits& LoopFront::limits() const {
  return core_.config().limits;
}

void LoopFront::accept(io::Accepted accepted, const ListenerFacts& listener) {
  if (stopping_) {
    return;
  }
  if (admission_.open_connections.load(std::memory_order_relaxed) >= limits().connections) {
    admission_.over_limit.happened(1);
    turn_away(accepted.fd.get(),
              {accepted.peer, listener.listen_name, accepted.to_loopback, listener.tls != nullptr});
    return;
  }
  admission_.open_connections.fetch_add(1, std::memory_order_relaxed);
  open_here_.fetch_add(1, std::memory_order_relaxed);
  auto socket = std::make_unique<io::Socket>(*io::Loop::current(), std::move(accepted.fd));
  connections_.push_front(std::make_unique<Connection>(
      *this, std::move(socket), listener, std::move(accepted.peer), accepted.to_loopback));
  connections_.front()->begin(connections_.begin());
}

void LoopFront::turn_away(Connection::Place place) {
  admission_.no_stack.happened(1);
  turn_away((*place)->descriptor(), (*place)->facts());
  destroy(place);
}

/// One try to say why, on a socket whose send buffer is empty; no fiber is spent.
void LoopFront::turn_away(int descriptor, const ConnectionFacts& facts) {
  if (facts.tls) {
    return;  // before a handshake nothing can be said
  }
  LastWords stream(descriptor);
  refuse(*this, stream, {ErrorCode::Unavailable, "too many connections are open"}, facts);
  stream.shutdown_write();
}

void LoopFront::destroy(Connection::Place place) {
  connections_.erase(place);
  admission_.open_connections.fetch_sub(1, std::memory_order_relaxed);
  open_here_.fetch_sub(1, std::memory_order_relaxed);
  check_empty();
}

void LoopFront::check_empty() {
  if (stopping_ && connections_.empty() && when_empty_) {
    std::exchange(when_empty_, nullptr)();
  }
}

void LoopFront::stop(std::function<void()> when_empty) {
  stopping_ = true;
  when_empty_ = std::move(when_empty);
  for (auto at = connections_.begin(); at != connections_.end();) {
    const auto next = std::next(at);
    if ((*at)->idle()) {
      connections_.erase(at);
      admission_.open_connections.fetch_sub(1, std::memory_order_relaxed);
      open_here_.fetch_sub(1, std::memory_order_relaxed);
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
