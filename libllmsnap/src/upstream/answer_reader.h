// AnswerReader: reads one answer from a stream: head (1xx skipped), then the body by its framing,
// in place. Thread rule: belongs to one exchange, used by its fiber.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/url.h"
#include "io/stream.h"
#include "llmsnap/result.h"
#include "upstream/answer_buffer.h"
#include "wire/chunk_decoder.h"
#include "wire/response_head.h"

namespace llmsnap::upstream {

/// What of the request decides how its answer is read.
struct AnswerExpectation {
  bool to_head = false;
  std::string upgrade;  ///< protocol that was asked for, or empty
};

class AnswerReader {
 public:
  /// `url` must outlive this; it is named in messages.
  AnswerReader(BlockList& blocks, const Url& url, AnswerExpectation expectation);

  /// Reads until the final head is complete. Errors: UpstreamFailed, UpstreamTimeout, ClientLeft,
  /// Unavailable.
  Result<void> read_head(io::Stream& stream, Deadline deadline);

  /// Looks at what has arrived, without waiting: true when the final head is complete, false when
  /// more may come. An error as in read_head.
  Result<bool> poll_head(io::Stream& stream);

  /// Any byte of an answer, also of an interim one.
  bool heard_anything() const { return heard_anything_; }

  /// After read_head: views that live as long as this.
  const wire::ResponseHead& head() const { return head_; }

  /// Reads until `ready`; `idle` bounds each wait (zero: no bound).
  void receive(io::Stream& stream, SteadyClock::duration idle);

  /// True when take may be called: a piece, the end or an error is there.
  bool ready() const { return !next_.empty() || finished_ || broken_ != nullptr; }

  /// The next piece of the body, valid until the next receive; empty at the end. An error (codes as
  /// in read_head) is given again at each call.
  Result<std::string_view> take();

  /// True once the answer has ended and its last piece was handed out; the stream is not needed any
  /// more.
  bool finished() const { return finished_ && next_.empty(); }

  /// Received but no part of the answer: bytes behind its end, or behind the head of a 101.
  std::string_view rest() const { return buffer_.bytes(); }

  const std::vector<std::pair<std::string, std::string>>& trailers() const {
    return chunks_.trailers();
  }

 private:
  Result<bool> examine_head();
  Result<void> check_switch() const;
  void begin_body();
  void advance();
  void advance_length();
  void advance_until_close();
  void advance_chunked();
  void stream_ended(const io::IoResult& result);
  Error head_failure(const io::IoResult& result) const;

  // What every piece of a body touches stands together.
  std::string_view next_;  // found in the buffer, handed out by the next pull
  bool finished_ = false;
  bool heard_anything_ = false;
  wire::Framing framing_ = wire::Framing::None;  // head_'s
  std::uint64_t left_ = 0;                       // Length: bytes not yet seen
  std::unique_ptr<Error> broken_;
  AnswerBuffer buffer_;
  wire::ChunkDecoder chunks_;

  const Url& url_;
  AnswerExpectation expectation_;
  std::size_t scanned_ = 0;
  int interim_answers_ = 0;
  wire::ResponseHead head_;
};

}  // namespace llmsnap::upstream
