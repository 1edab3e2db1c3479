#include "upstream/request_sender.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "io/fiber.h"
#include "upstream/failure.h"

namespace llmsnap::upstream {
namespace {

/// What goes out with the head, unwatched: less than any socket's buffer, so the call cannot hang
/// on a server that answers without reading.
constexpr std::size_t SentWithHead = 16 * 1024;
constexpr std::string_view SendTo = "send the request to";

Error wrong_length(const char* why) {
  return {ErrorCode::Internal, fmt::format("send a request body: {}", why)};
}

}  // namespace

Result<SendEnd> RequestSender::run() {
  framing_ = choose_framing(request_.method, request_.body);
  Step step = send_start();
  if (step && !*step) {
    step = send_rest_of_body();
  }
  if (!step) {
    return step.error();
  }
  return step->value_or(SendEnd::Complete);
}

RequestSender::Step RequestSender::send_start() {
  const Result<std::string> head = write_request_head(request_, framing_);
  if (!head) {
    return head.error();
  }
  if (Step pulled = next_piece(); !pulled) {
    return pulled;
  }
  const std::string_view prefix = frame();
  const std::string_view start = piece_.substr(0, SentWithHead);
  piece_.remove_prefix(start.size());
  const std::array<std::string_view, 3> parts{*head, prefix, start};
  const io::IoResult written = stream_.write_all(parts, request_.timeouts.response_header);
  return written ? Step(std::nullopt) : failed(written);
}

RequestSender::Step RequestSender::send_rest_of_body() {
  for (;;) {
    if (Step step = write(piece_); !step || *step) {
      return step;
    }
    if (body_ended_) {
      return Step(std::nullopt);
    }
    if (Step pulled = next_piece(); !pulled) {
      return pulled;
    }
    if (Step step = write(frame()); !step || *step) {
      return step;
    }
  }
}

/// Pulls into piece_, and checks what comes against the length that was announced.
RequestSender::Step RequestSender::next_piece() {
  piece_ = {};
  const bool by_length = framing_.kind != wire::Framing::Chunked;
  if (by_length && sent_ == framing_.length) {
    body_ended_ = true;
    return Step(std::nullopt);
  }
  body_touched_ = true;
  const Result<std::string_view> pulled = request_.body->pull();
  if (!pulled) {
    return pulled.error();
  }
  piece_ = *pulled;
  body_ended_ = piece_.empty();
  sent_ += piece_.size();
  if (by_length && body_ended_) {
    return wrong_length("it ended before its announced length");
  }
  if (by_length && sent_ > framing_.length) {
    return wrong_length("it is longer than announced");
  }
  return Step(std::nullopt);
}

/// What the chunked coding wants before the present piece, or at the end.
std::string_view RequestSender::frame() {
  frame_.clear();
  if (framing_.kind == wire::Framing::Chunked) {
    fmt::format_to(std::back_inserter(frame_), "{}{:x}\r\n{}", first_frame_ ? "" : "\r\n",
                   piece_.size(), body_ended_ ? "\r\n" : "");
    first_frame_ = false;
  }
  return frame_;
}

RequestSender::Step RequestSender::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const io::IoResult written =
        stream_.write_some(bytes, deadline_in(request_.timeouts.response_header));
    if (written.status == io::IoStatus::Readable) {
      if (Step step = poll_answer(); !step || *step) {
        return step;
      }
    } else if (!written) {
      return failed(written);
    } else {
      bytes.remove_prefix(written.bytes);
      take_turns(written.bytes);
    }
  }
  return Step(std::nullopt);
}

/// A fast server must not let one upload keep the loop from its other work.
void RequestSender::take_turns(std::size_t bytes) {
  constexpr std::size_t BytesPerTurn = 256 * 1024;
  since_yield_ += bytes;
  if (since_yield_ >= BytesPerTurn) {
    since_yield_ = 0;
    io::Fiber::yield();
  }
}

RequestSender::Step RequestSender::poll_answer() {
  const Result<bool> complete = reader_.poll_head(stream_);
  if (!complete) {
    if (complete.error().code != ErrorCode::UpstreamFailed) {
      return complete.error();
    }
    broken_ = complete.error();
    return Step(SendEnd::Broken);
  }
  return *complete ? Step(SendEnd::AnsweredEarly) : Step(std::nullopt);
}

RequestSender::Step RequestSender::failed(const io::IoResult& result) {
  if (result.status != io::IoStatus::Failed) {
    return failure(SendTo, request_.url, result);
  }
  // A server that refuses a body answers and closes: its answer waits in our socket behind the
  // error.
  Step answered = poll_answer();
  if (!answered || (*answered && **answered == SendEnd::AnsweredEarly)) {
    return answered;
  }
  if (!reader_.heard_anything()) {
    broken_ = failure(SendTo, request_.url, result);
  } else if (!broken_) {
    broken_ = failure(SendTo, request_.url, "the connection broke in the middle of an answer");
  }
  return Step(SendEnd::Broken);
}

}  // namespace llmsnap::upstream
