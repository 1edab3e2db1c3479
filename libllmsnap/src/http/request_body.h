// RequestBody: the body of the request on a connection, pulled from it; 100 Continue goes out at
// the first pull. Thread rule: the connection's fiber.
#pragma once

#include <chrono>
#include <cstdint>

#include "base/body_source.h"
#include "base/clock.h"
#include "http/read_buffer.h"
#include "io/stream.h"
#include "wire/chunk_decoder.h"
#include "wire/request_head.h"

namespace llmsnap::http {

struct BodyDeadlines {
  std::chrono::milliseconds idle;   ///< without a byte
  std::chrono::milliseconds total;  ///< from the first pull
};

class RequestBody final : public BodySource {
 public:
  /// `stream` and `buffer` are the connection's; the body begins with the buffer's first unread
  /// byte.
  RequestBody(io::Stream& stream, ReadBuffer& buffer, const wire::RequestHead& head,
              BodyDeadlines deadlines);

  /// Errors: BadRequest, BodyTooLarge, HeadTooLarge (framing), RequestTimeout, ClientLeft.
  Result<std::string_view> pull() override;
  std::optional<std::uint64_t> length() const override;

  /// True if nobody can tell where the next request begins: the framing broke, or the client was
  /// not invited to send its body and may do so all the same.
  bool loses_connection() const { return broken_ || (invitation_due_ && !ended_); }

  /// False if drain will fail, as far as can be told now.
  bool can_drain(std::size_t most) const {
    return !loses_connection() &&
           (framing_ != wire::Framing::Length || announced_ - received_ <= most);
  }

  /// Reads what nobody pulled, up to `most` bytes, so that the next request can be found. False: it
  /// cannot; the connection must close.
  bool drain(std::size_t most);

  std::uint64_t received() const { return received_; }

 private:
  Result<std::string_view> pull_length();
  Result<std::string_view> pull_chunks();
  Result<void> fill();
  Result<void> invite();
  std::string_view hand_out(std::string_view piece);

  io::Stream& stream_;
  ReadBuffer& buffer_;
  const wire::Framing framing_;
  const std::uint64_t announced_;
  const BodyDeadlines deadlines_;
  wire::ChunkDecoder decoder_;
  bool invitation_due_;  // the client waits for 100 Continue
  bool ended_;
  bool broken_ = false;
  std::uint64_t received_ = 0;
  std::size_t handed_out_ = 0;  // bytes at the buffer's front that the last pull returned
  Deadline total_deadline_ = NoDeadline;
};

}  // namespace llmsnap::http
