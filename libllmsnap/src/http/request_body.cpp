#include "http/request_body.h"

#include <algorithm>
#include <utility>

namespace llmsnap::http {
namespace {

constexpr std::size_t ReadSize = 16 * 1024;
constexpr std::size_t LargeReadSize = 128 * 1024;
constexpr std::uint64_t LargeBody = 1024 * 1024;

Error reading_failed(const io::IoResult& result) {
  switch (result.status) {
    case io::IoStatus::Deadline:
      return {ErrorCode::RequestTimeout, "the request body did not arrive in time"};
    case io::IoStatus::Shutdown:
      return {ErrorCode::ShuttingDown, "the gateway is shutting down"};
    default:
      return {ErrorCode::ClientLeft, "the client left before its request body was complete"};
  }
}

}  // namespace

RequestBody::RequestBody(io::Stream& stream, ReadBuffer& buffer, const wire::RequestHead& head,
                         BodyDeadlines deadlines)
    : stream_(stream),
      buffer_(buffer),
      framing_(head.framing),
      announced_(head.content_length),
      deadlines_(deadlines),
      invitation_due_(head.expect_continue),
      ended_(head.framing == wire::Framing::None ||
             (head.framing == wire::Framing::Length && head.content_length == 0)) {}

std::optional<std::uint64_t> RequestBody::length() const {
  if (framing_ == wire::Framing::Chunked) {
    return std::nullopt;
  }
  return framing_ == wire::Framing::Length ? announced_ : 0;
}

Result<std::string_view> RequestBody::pull() {
  buffer_.consume(std::exchange(handed_out_, 0));
  if (ended_) {
    return std::string_view();
  }
  if (total_deadline_ == NoDeadline) {
    total_deadline_ = deadline_in(deadlines_.total);
  }
  if (const Result<void> invited = invite(); !invited) {
    return invited.error();
  }
  Result<std::string_view> piece =
      framing_ == wire::Framing::Length ? pull_length() : pull_chunks();
  if (!piece) {
    broken_ = true;
  }
  return piece;
}

/// A client that already sends needs no invitation.
Result<void> RequestBody::invite() {
  if (!std::exchange(invitation_due_, false) || !buffer_.unread().empty()) {
    return {};
  }
  const io::IoResult sent = stream_.write_all("HTTP/1.1 100 Continue\r\n\r\n", deadlines_.idle);
  if (!sent) {
    return reading_failed(sent);
  }
  return {};
}

Result<void> RequestBody::fill() {
  const bool large = framing_ == wire::Framing::Length && announced_ > LargeBody;
  const Deadline deadline = std::min(deadline_in(deadlines_.idle), total_deadline_);
  const io::IoResult got =
      stream_.read_some(buffer_.space(large ? LargeReadSize : ReadSize), deadline);
  if (!got) {
    return reading_failed(got);
  }
  buffer_.commit(got.bytes);
  return {};
}

std::string_view RequestBody::hand_out(std::string_view piece) {
  received_ += piece.size();
  return piece;
}

Result<std::string_view> RequestBody::pull_length() {
  if (buffer_.unread().empty()) {
    if (const Result<void> filled = fill(); !filled) {
      return filled.error();
    }
  }
  const auto size = static_cast<std::size_t>(
      std::min<std::uint64_t>(announced_ - received_, buffer_.unread().size()));
  handed_out_ = size;
  ended_ = received_ + size == announced_;
  return hand_out(buffer_.unread().substr(0, size));
}

Result<std::string_view> RequestBody::pull_chunks() {
  for (;;) {
    const Result<wire::ChunkDecoder::Step> step = decoder_.step(buffer_.unread());
    if (!step) {
      return step.error();
    }
    if (!step->data.empty()) {
      handed_out_ = step->consumed;
      return hand_out(step->data);
    }
    buffer_.consume(step->consumed);
    if (decoder_.done()) {
      ended_ = true;
      return std::string_view();
    }
    if (step->consumed == 0) {
      if (const Result<void> filled = fill(); !filled) {
        return filled.error();
      }
    }
  }
}

bool RequestBody::drain(std::size_t most) {
  if (!can_drain(most)) {
    return false;
  }
  const std::uint64_t before = received_;
  while (!ended_) {
    const Result<std::string_view> piece = pull();
    if (!piece || received_ - before > most) {
      return false;
    }
  }
  buffer_.consume(std::exchange(handed_out_, 0));
  return true;
}

}  // namespace llmsnap::http
