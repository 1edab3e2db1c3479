#include "http/connection.h"

#include <array>
#include <utility>

#include "base/at_exit.h"
#include "gateway/gateway_core.h"
#include "http/loop_front.h"
#include "io/fiber.h"
#include "io/loop.h"

namespace llmsnap::http {
namespace {

constexpr std::size_t HeadReadSize = 2 * 1024;
/// How long, and how much, a closing connection still swallows so that its last answer is not lost
/// to RST.
constexpr auto LingerTime = std::chrono::seconds(1);
constexpr std::size_t LingerBytes = 1024 * 1024;

wire::HeadLimits head_limits(const Limits& limits) {
  return {limits.head, limits.target, limits.fields};
}

}  // namespace

/// Closes the connection when nothing came for too long.
class Connection::IdleTimer final : public io::Timer {
 public:
  IdleTimer(io::Timers& timers, Connection& connection) : Timer(timers), connection_(connection) {}

 private:
  void expired() override { connection_.front_.destroy(connection_.place_); }
  Connection& connection_;
};

Connection::Connection(LoopFront& front, std::unique_ptr<io::Socket> socket,
                       const ListenerFacts& listener, std::string peer, bool to_loopback)
    : front_(front),
      listener_(listener),
      peer_(std::move(peer)),
      to_loopback_(to_loopback),
      descriptor_(socket->descriptor()),
      socket_(std::move(socket)),
      idle_timer_(std::make_unique<IdleTimer>(io::Loop::current()->timers(), *this)) {}

Connection::~Connection() = default;

void Connection::begin(Place place) {
  place_ = place;
  if (listener_.tls == nullptr) {
    stream_ = std::make_unique<io::TcpStream>(std::move(socket_));
  }
  wait_for_byte(front_.limits().head_timeout);
}

void Connection::wait_for_byte(std::chrono::milliseconds limit) {
  idle_ = true;
  idle_timer_->arm(deadline_in(limit));
  const auto wake = [this] {
    idle_ = false;
    idle_timer_->disarm();
    if (!io::Loop::current()->spawn([this] { serve(); })) {
      front_.turn_away(place_);
    }
  };
  if (stream_) {
    stream_->when_readable(wake);
  } else {
    socket_->when_readable(wake);
  }
}

/// The main of the connection's fiber.
void Connection::serve() {
  Next next = Next::Close;
  const AtExit end([this, &next] { end_service(next); });  // also when an exception leaves
  io::Fiber::current()->watch(&interruption_);
  if (!secure()) {
    return;
  }
  for (next = Next::Serve; next == Next::Serve && !front_.stopping();) {
    next = Next::Close;
    next = serve_one();
    if (next == Next::Serve) {
      io::Fiber::yield();  // a client that pipelines without end takes its turn like others
    }
  }
  if (next == Next::Serve || (next == Next::Idle && front_.stopping())) {
    next = Next::Close;
    close_in_order();  // a further request may lie unread behind an answer that is on its way
  }
}

void Connection::end_service(Next next) {
  io::Fiber::current()->watch(nullptr);
  if (next == Next::Idle && !front_.stopping()) {
    wait_for_byte(front_.limits().keep_alive);
  } else {
    front_.destroy(place_);
  }
}

bool Connection::secure() {
  if (stream_) {
    return true;
  }
  auto accepted =
      listener_.tls->accept(std::move(socket_), deadline_in(front_.limits().head_timeout));
  if (!accepted) {
    front_.core().log().debug(peer_ + ": " + accepted.error().message);
    return false;
  }
  stream_ = std::move(*accepted);
  return true;
}

Connection::Next Connection::serve_one() {
  if (!read_head()) {
    return Next::Close;
  }
  stream_->watch_departure(&interruption_);
  Next next = Next::Close;
  {
    Transaction transaction(front_, *stream_, buffer_, head_, facts());
    next = run(transaction);
  }
  stream_->watch_departure(nullptr);
  if (next == Next::Close) {
    close_in_order();
  }
  if (next != Next::Serve) {
    return next;
  }
  head_bytes_ = std::string();  // an idle connection keeps no memory
  buffer_.release();
  return buffer_.unread().empty() && !stream_->readable() ? Next::Idle : Next::Serve;
}

/// False: the connection is to be closed, whatever had to be said has been said.
bool Connection::read_head() {
  const Limits& limits = front_.limits();
  wire::HeadScanner scanner(head_limits(limits));
  const Deadline deadline = deadline_in(limits.head_timeout);
  for (;;) {
    const Result<wire::HeadScanner::Progress> progress = scanner.scan(buffer_.unread());
    if (!progress) {
      refuse_head(progress.error());
      return false;
    }
    if (progress->size > 0) {
      // Copied, so that the buffer is free for the body while views into the head are used.
      head_bytes_ = buffer_.unread().substr(progress->skipped, progress->size);
      buffer_.consume(progress->skipped + progress->size);
      const Result<void> parsed = wire::parse_request_head(head_bytes_, head_limits(limits), head_);
      if (!parsed) {
        refuse_head(parsed.error());
      }
      return static_cast<bool>(parsed);
    }
    const io::IoResult got = stream_->read_some(buffer_.space(HeadReadSize), deadline);
    if (got.status == io::IoStatus::Deadline && !buffer_.unread().empty()) {
      refuse_head({ErrorCode::RequestTimeout, "the request head did not arrive in time"});
    }
    if (!got) {
      return false;
    }
    buffer_.commit(got.bytes);
  }
}

Connection::Next Connection::run(Transaction& transaction) {
  if (head_.upgrade.empty()) {
    front_.adapter().run(transaction);
  }
  if (!transaction.responded()) {
    transaction.respond();  // an upgrade, which never enters the library, or the library refused
  }
  if (transaction.switched()) {
    transaction.tunnel(buffer_);
    return Next::Close;
  }
  transaction.pump();
  if (transaction.finish()) {
    return Next::Serve;
  }
  return transaction.must_abort() ? Next::Abort : Next::Close;
}

void Connection::refuse_head(const Error& error) {
  refuse(front_, *stream_, error, facts());
  close_in_order();
}

/// Closing with unread bytes makes the kernel send RST, which can destroy the answer on its way.
void Connection::close_in_order() {
  stream_->shutdown_write();
  std::array<char, 4 * 1024> swallowed;
  const Deadline deadline = deadline_in(LingerTime);
  for (std::size_t total = 0; total < LingerBytes;) {
    const io::IoResult got = stream_->read_some(swallowed, deadline);
    if (!got) {
      return;
    }
    total += got.bytes;
  }
}

ConnectionFacts Connection::facts() const {
  return {peer_, listener_.listen_name, to_loopback_, listener_.tls != nullptr};
}

}  // namespace llmsnap::http
