// RequestSender: sends one request, and watches for an answer that comes before the body was sent.
// Thread rule: belongs to one exchange, used by its fiber.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "io/stream.h"
#include "llmsnap/result.h"
#include "upstream/answer_reader.h"
#include "upstream/exchange.h"
#include "upstream/request_writer.h"

namespace llmsnap::upstream {

enum class SendEnd {
  Complete,
  AnsweredEarly,  ///< the final head is in the reader; the rest of the body was not sent
  Broken,         ///< the connection ended without a final head; broken() says how
};

class RequestSender {
 public:
  /// All must outlive this.
  RequestSender(const OutgoingRequest& request, io::Stream& stream, AnswerReader& reader)
      : request_(request), stream_(stream), reader_(reader) {}

  /// An error means that another try is of no use: the body broke, the time was up, the client
  /// left.
  Result<SendEnd> run();

  /// True once pieces were taken from the body.
  bool body_touched() const { return body_touched_; }

  const Error& broken() const { return *broken_; }

 private:
  using Step = Result<std::optional<SendEnd>>;  // nullopt: go on

  Step send_start();
  Step send_rest_of_body();
  Step next_piece();
  Step write(std::string_view bytes);
  Step poll_answer();
  Step failed(const io::IoResult& result);
  std::string_view frame();
  void take_turns(std::size_t bytes);

  const OutgoingRequest& request_;
  io::Stream& stream_;
  AnswerReader& reader_;
  RequestFraming framing_;
  std::uint64_t sent_ = 0;  // of the body, its present piece included
  std::string_view piece_;
  bool body_ended_ = false;
  bool body_touched_ = false;
  std::size_t since_yield_ = 0;
  bool first_frame_ = true;
  std::string frame_;
  std::optional<Error> broken_;
};

}  // namespace llmsnap::upstream
