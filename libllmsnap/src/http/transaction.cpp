#include "http/transaction.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "api/api.h"
#include "api/outcome_of_break.h"
#include "gateway/gateway_core.h"
#include "http/loop_front.h"
#include "http/tunnel.h"
#include "io/fiber.h"
#include "io/wait.h"

namespace llmsnap::http {
namespace {

/// What is left of a request body that nobody wanted is read up to here; beyond, closing is
/// cheaper.
constexpr std::size_t DrainedBytes = 64 * 1024;
/// Who does not take a few lines of news in this time would hold a place at the model meanwhile.
constexpr std::chrono::milliseconds EarlyWriteIdle{2'000};
constexpr std::size_t BytesPerTurn = 256 * 1024;

BodyDeadlines deadlines_of(const Limits& limits) {
  return {limits.body_idle, limits.body_total};
}

void set_received(TrafficRecord& record, std::string_view client) {
  record.received = SteadyClock::now();
  record.received_at = std::chrono::system_clock::now();
  record.client = client;
}

}  // namespace

Transaction::Transaction(LoopFront& front, io::Stream& stream, ReadBuffer& buffer,
                         const wire::RequestHead& head, const ConnectionFacts& facts)
    : front_(front),
      stream_(stream),
      head_(head),
      body_(stream, buffer, head, deadlines_of(front.limits())),
      request_{.head = head,
               .body = head.framing == wire::Framing::None ? nullptr : &body_,
               .client_address = facts.client_address,
               .listen_name = facts.listen_name,
               .to_loopback = facts.to_loopback,
               .tls = facts.tls,
               .can_upgrade = true,
               .pool = front.pool(),
               .stop_notice = &front.stop_notice(),
               .early = this,
               .begun = api::StreamDialect::None,
               .record = {}},
      writer_(stream, front.limits().write_idle) {
  set_received(request_.record, facts.client_address);
  if (head.minor_version == 0) {
    request_.record.protocol = "HTTP/1.0";
  }
}

Transaction::~Transaction() {
  hand_on();
}

void Transaction::respond() {
  answer_ = front_.core().api().handle(request_);
  if (request_.begun == api::StreamDialect::None) {
    start(answer_, !answer_.close && may_keep_alive());
  } else {
    writer_.forget_early_bytes();
    writer_.set_write_idle(front_.limits().write_idle);
  }
  responded_ = true;
}

bool Transaction::may_keep_alive() const {
  return head_.keep_alive && body_.can_drain(DrainedBytes) && !front_.stopping();
}

void Transaction::start(const api::Answer& answer, bool keep_alive) {
  const Addressee addressee{head_.method == "HEAD", head_.minor_version, head_.accepts_trailers};
  writer_.start(answer, addressee, keep_alive, front_.date().now());
}

Result<void> Transaction::begin(const api::Answer& answer) {
  writer_.set_write_idle(std::min(front_.limits().write_idle, EarlyWriteIdle));
  start(answer, may_keep_alive());
  return early_result(writer_.flush_head());
}

Result<void> Transaction::write(std::string_view piece) {
  return early_result(writer_.piece(piece));
}

Result<void> Transaction::early_result(bool sent) {
  if (sent) {
    return {};
  }
  return Error{is_cut() ? ErrorCode::ShuttingDown : ErrorCode::ClientLeft,
               io::describe(writer_.failure())};
}

/// The next piece, empty at the end; nothing if the body broke. Sends the head first when the body
/// lets one wait.
std::optional<std::string_view> Transaction::pull() {
  if (!answer_.body->ready() && !writer_.flush_head()) {
    write_failed();
    return std::nullopt;
  }
  Result<std::string_view> piece = answer_.body->pull();
  if (piece) {
    body_ended_ = piece->empty();
    return *piece;
  }
  body_broke(piece.error());
  return std::nullopt;
}

void Transaction::body_broke(const Error& error) {
  if (error.code == ErrorCode::ClientLeft) {
    ended_badly(Outcome::ClientLeft, error.message);
  } else if (writer_.unsent()) {
    // Nothing has left yet: the client can still be told, by an answer that pump will write.
    answer_ = front_.core().api().fail(error, request_);
    request_.record.outcome = api::outcome_of_break(error.code);
    start(answer_, false);
  } else if (request_.begun != api::StreamDialect::None && writer_.body_bytes() == 0) {
    // News of the load have left, and nothing of the model's: its stream can still be ended well.
    answer_ = front_.core().api().fail(error, request_);
    request_.record.outcome = api::outcome_of_break(error.code);
  } else {
    ended_badly(api::outcome_of_break(error.code), error.message);
  }
}

/// False: the rest need not be pulled.
bool Transaction::send(std::string_view piece) {
  if (writer_.piece(piece)) {
    return true;
  }
  if (writer_.failure()) {
    ended_badly(Outcome::UpstreamBroke, "the answer is longer than announced");
  } else {
    write_failed();
  }
  return false;
}

void Transaction::pump() {
  std::size_t since_yield = 0;
  while (has_body() && !body_ended_) {
    const std::optional<std::string_view> piece = pull();
    if (!piece || !send(*piece)) {
      return;
    }
    since_yield += piece->size();
    if (since_yield >= BytesPerTurn) {
      since_yield = 0;
      io::Fiber::yield();  // server and client may both be fast: others must have their turn
      if (interrupted()) {
        return;  // a pump that never waits would not notice
      }
    }
  }
}

/// True if the client left or the gateway cuts requests off; then the answer is broken off.
bool Transaction::interrupted() {
  const io::Interruption* const interruption = io::Fiber::current()->interruption();
  if (interruption == nullptr || !interruption->raised()) {
    return false;
  }
  const bool left = interruption->reason() == io::WaitResult::ClientLeft;
  ended_badly(left ? Outcome::ClientLeft : Outcome::Shutdown,
              left ? "the client left" : "the gateway is shutting down");
  return true;
}

bool Transaction::finish() {
  if (has_body() && !body_ended_) {
    writer_.break_off();
    return false;
  }
  const bool pass_trailers = answer_.pass_trailers && answer_.exchange != nullptr;
  const bool sent =
      writer_.finish(pass_trailers ? ResponseWriter::Trailers(answer_.exchange->trailers())
                                   : ResponseWriter::Trailers());
  if (!sent) {
    if (writer_.failure()) {
      ended_badly(Outcome::UpstreamBroke, "the answer is shorter than announced");
    } else {
      write_failed();
    }
    return false;
  }
  request_.record.finished = SteadyClock::now();
  return writer_.reusable() && body_.drain(DrainedBytes);
}

void Transaction::tunnel(ReadBuffer& early_bytes) {
  if (!writer_.flush_head()) {
    write_failed();
    return;
  }
  const io::Interruption* interruption = io::Fiber::current()->interruption();
  upstream::Exchange::Switched switched = answer_.exchange->take_connection();
  const TunnelTotals totals =
      relay_both_ways({stream_, early_bytes.unread()}, {*switched.stream, switched.early_bytes},
                      front_.limits().write_idle, front_.stop_notice());
  request_.record.request_bytes = totals.from_client;
  request_.record.response_bytes = totals.to_client;
  if (!totals.begun) {
    front_.core().overload().no_stack();
    ended_badly(Outcome::UpstreamBroke, "no memory for the tunnel's second stack is left");
  }
  const bool was_cut =
      interruption != nullptr && interruption->reason() == io::WaitResult::Shutdown;
  if (was_cut || totals.stopped) {
    request_.record.outcome = Outcome::Shutdown;
    request_.record.error = "the gateway is shutting down";
  }
}

void Transaction::ended_badly(Outcome outcome, const std::string& why) {
  writer_.break_off();
  request_.record.outcome = outcome;
  request_.record.error = why;
}

void Transaction::write_failed() {
  ended_badly(is_cut() ? Outcome::Shutdown : Outcome::ClientLeft, io::describe(writer_.failure()));
}

void Transaction::hand_on() {
  answer_ = api::Answer();  // its body completes the record, and closes the upstream's connection
  TrafficRecord& record = request_.record;
  if (record.finished == SteadyClock::time_point{}) {
    record.finished = SteadyClock::now();
  }
  if (record.request_bytes == 0) {
    record.request_bytes = body_.received();
  }
  if (writer_.body_bytes() > 0) {
    record.response_bytes = writer_.body_bytes();
    record.first_byte = writer_.first_byte();
  }
  front_.core().complete(std::move(record));
}

void refuse(LoopFront& front, io::Stream& stream, const Error& error,
            const ConnectionFacts& facts) {
  TrafficRecord record;
  set_received(record, facts.client_address);
  api::Answer answer = front.core().api().refuse(error, record);
  ResponseWriter writer(stream, front.limits().write_idle);
  writer.start(answer, Addressee{}, false, front.date().now());
  if (answer.body) {
    if (const Result<std::string_view> text = answer.body->pull()) {
      writer.piece(*text);
    }
  }
  writer.finish({});
  record.response_bytes = writer.body_bytes();
  record.first_byte = writer.first_byte();
  record.finished = SteadyClock::now();
  front.core().complete(std::move(record));
}

}  // namespace llmsnap::http
