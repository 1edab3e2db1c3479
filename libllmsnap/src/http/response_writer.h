// ResponseWriter: frames one answer on a connection: length, chunks or close, trailers, Date,
// Connection. Thread rule: the connection's fiber.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "api/answer.h"
#include "base/clock.h"
#include "io/stream.h"
#include "wire/request_head.h"

namespace llmsnap::http {

/// What the writer must know of the request.
struct Addressee {
  bool head_only = false;  ///< HEAD
  int minor_version = 1;
  bool accepts_trailers = false;
};

class ResponseWriter {
 public:
  using Trailers = std::span<const std::pair<std::string, std::string>>;

  ResponseWriter(io::Stream& stream, std::chrono::milliseconds write_idle)
      : stream_(stream), write_idle_(write_idle) {}

  /// How long a write may wait for the client from now on.
  void set_write_idle(std::chrono::milliseconds limit) { write_idle_ = limit; }

  /// Builds the head (again, while it is unsent); it leaves with the first piece, with flush_head
  /// or with finish. `keep_alive` says what the connection could do; the answer's framing may still
  /// need a close.
  void start(const api::Answer& answer, const Addressee& addressee, bool keep_alive,
             std::string_view date);
  /// The head has been built and not a byte of the answer has left.
  bool unsent() const { return !head_.empty(); }

  /// True if this answer has a body to be written at all.
  bool wants_body() const { return framing_ != Framing::None; }

  /// Sends a piece of the body; an empty one does nothing. False: the connection broke, or the
  /// answer is longer than announced (its announced part has been sent).
  bool piece(std::string_view bytes);

  /// What was sent so far is no part of the answer proper: body_bytes and first_byte begin anew.
  /// Not with an announced length.
  void forget_early_bytes() { body_bytes_ = 0; }

  /// Sends the head now, because the body lets one wait.
  bool flush_head();

  /// The body is complete. False: the connection broke, or less was sent than announced.
  bool finish(Trailers trailers);

  /// An answer that broke: makes sure that the client cannot take it for complete.
  void break_off();

  /// The connection must be aborted: an orderly close would look like the end of a complete answer.
  bool must_abort() const { return must_abort_; }

  /// The connection may carry another answer after this one; only after finish.
  bool reusable() const { return keep_alive_ && finished_; }

  std::uint64_t body_bytes() const { return body_bytes_; }
  SteadyClock::time_point first_byte() const { return first_byte_; }
  /// Why the last write failed; Ok if none did.
  const io::IoResult& failure() const { return failure_; }

 private:
  enum class Framing { None, Length, Chunked, UntilClose };

  Framing framing_of(const api::Answer& answer, const Addressee& addressee) const;
  void add_fields(const api::Answer& answer, const Addressee& addressee, std::string_view date);
  bool send(std::span<const std::string_view> pieces);

  io::Stream& stream_;
  std::chrono::milliseconds write_idle_;
  std::string head_;  // empty once sent
  Framing framing_ = Framing::None;
  std::uint64_t announced_ = 0;
  bool keep_alive_ = false;
  bool trailers_wanted_ = false;
  bool finished_ = false;
  bool must_abort_ = false;
  std::uint64_t body_bytes_ = 0;
  SteadyClock::time_point first_byte_{};
  io::IoResult failure_;
};

}  // namespace llmsnap::http
