#include "http/loop_front.h"

#include <sys/socket.h>

#include <array>
#include <string_view>
#include <utility>

#include "gateway/gateway_core.h"
#include "io/loop.h"

namespace llmsnap::http {
namespace {

constexpr auto ReportInterval = std::chrono::seconds(10);

/// One try to say why, on a socket whose send buffer is empty; no fiber is spent. What has arrived
/// is thrown away first, up to a bound: closing over unread bytes destroys the answer.
void say_too_many(int descriptor) {
  static constexpr std::string_view Answer =
      "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; "
      "charset=utf-8\r\nContent-Length: 21\r\n"
      "Retry-After: 1\r\nConnection: close\r\n\r\ntoo many connections\n";
  std::array<char, 4 * 1024> unread;
  ::recv(descriptor, unread.data(), unread.size(), MSG_DONTWAIT);
  ::send(descriptor, Answer.data(), Answer.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  ::shutdown(descriptor, SHUT_WR);
}

}  // namespace

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
      say_too_many(accepted.fd.get());
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

void LoopFront::turn_away(Connection::Place place) {
  const SteadyClock::time_point now = SteadyClock::now();
  if (now - last_shortage_report_ >= ReportInterval) {
    last_shortage_report_ = now;
    core_.log().error(
        "connections are turned away: no memory for their stacks is left (a limit on address "
        "space, "
        "or vm.max_map_count; limits.connections bounds the need)");
  }
  Connection& connection = **place;
  if (connection.plain()) {
    say_too_many(connection.descriptor());
  }
  destroy(place);
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
