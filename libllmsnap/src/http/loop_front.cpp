#include "http/loop_front.h"

#include <sys/socket.h>

#include <string_view>
#include <utility>

#include "gateway/gateway_core.h"
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
  if (stopping_) {
    return;
  }
  if (open_connections_.load(std::memory_order_relaxed) >= limits().connections) {
    if (listener.tls == nullptr) {  // before a handshake nothing can be said
      turn_away(std::move(accepted));
    }
    return;
  }
  open_connections_.fetch_add(1, std::memory_order_relaxed);
  open_here_.fetch_add(1, std::memory_order_relaxed);
  auto socket = std::make_unique<io::Socket>(*io::Loop::current(), std::move(accepted.fd));
  connections_.push_front(std::make_unique<Connection>(
      *this, std::move(socket), listener, std::move(accepted.peer), accepted.to_loopback));
  connections_.front()->begin(connections_.begin());
}

/// One try to say why, on a socket whose send buffer is empty; nothing is read, no fiber is spent.
void LoopFront::turn_away(io::Accepted accepted) {
  static constexpr std::string_view Answer =
      "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; "
      "charset=utf-8\r\nContent-Length: 21\r\n"
      "Retry-After: 1\r\nConnection: close\r\n\r\ntoo many connections\n";
  ::send(accepted.fd.get(), Answer.data(), Answer.size(), MSG_NOSIGNAL);
  ::shutdown(accepted.fd.get(), SHUT_WR);
}

void LoopFront::destroy(Connection::Place place) {
  connections_.erase(place);
  open_connections_.fetch_sub(1, std::memory_order_relaxed);
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
      open_connections_.fetch_sub(1, std::memory_order_relaxed);
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
