#include "fuzz/transcript.h"

#include <algorithm>
#include <numeric>

#include "wire/chunk_decoder.h"
#include "wire/response_head.h"

namespace llmsnap::test {
namespace {

/// Gives out the bytes piece by piece; `arrived` is what a reader that dropped the first `taken`
/// can see.
class Arrival {
 public:
  Arrival(std::string_view bytes, std::span<const std::size_t> cuts) : bytes_(bytes), cuts_(cuts) {
    more();
  }

  std::string_view arrived() const { return bytes_.substr(taken_, end_ - taken_); }
  void take(std::size_t count) { taken_ += count; }

  /// The next piece arrives; false when there is none.
  bool more() {
    if (end_ == bytes_.size()) {
      return false;
    }
    while (!cuts_.empty() && cuts_.front() <= end_) {
      cuts_ = cuts_.subspan(1);
    }
    end_ = cuts_.empty() ? bytes_.size() : std::min(cuts_.front(), bytes_.size());
    return true;
  }

 private:
  std::string_view bytes_;
  std::span<const std::size_t> cuts_;
  std::size_t taken_ = 0;
  std::size_t end_ = 0;
};

enum class BodyEnd { Complete, Incomplete, Refused };

void refuse(Transcript& transcript, const Error& error) {
  transcript.refused = true;
  transcript.code = error.code;
  transcript.text += "refused: " + error.message + "\n";
}

void add_fields(Transcript& transcript, const wire::Fields& fields) {
  for (const wire::Field& field : fields) {
    transcript.text += std::string(field.name) + "=" + std::string(field.value) + "\n";
  }
}

BodyEnd read_length(Arrival& arrival, std::uint64_t left, std::string& body) {
  while (left > 0) {
    const std::string_view piece = arrival.arrived().substr(0, left);
    body += piece;
    left -= piece.size();
    arrival.take(piece.size());
    if (left > 0 && !arrival.more()) {
      return BodyEnd::Incomplete;
    }
  }
  return BodyEnd::Complete;
}

BodyEnd read_chunks(Arrival& arrival, std::string& body, Transcript& transcript) {
  wire::ChunkDecoder decoder;
  while (!decoder.done()) {
    const Result<wire::ChunkDecoder::Step> step = decoder.step(arrival.arrived());
    if (!step) {
      refuse(transcript, step.error());
      return BodyEnd::Refused;
    }
    body += step->data;
    arrival.take(step->consumed);
    if (!decoder.done() && arrival.arrived().empty() && !arrival.more()) {
      return BodyEnd::Incomplete;
    }
  }
  for (const auto& [name, value] : decoder.trailers()) {
    transcript.text += "trailer " + name + "=" + value + "\n";
  }
  return BodyEnd::Complete;
}

BodyEnd read_body(Arrival& arrival, wire::Framing framing, std::uint64_t length, std::string& body,
                  Transcript& transcript) {
  switch (framing) {
    case wire::Framing::None:
      break;
    case wire::Framing::Length:
      return read_length(arrival, length, body);
    case wire::Framing::Chunked:
      return read_chunks(arrival, body, transcript);
    case wire::Framing::UntilClose:
      do {
        body += arrival.arrived();
        arrival.take(arrival.arrived().size());
      } while (arrival.more());
      break;
  }
  return BodyEnd::Complete;
}

void end_message(Transcript& transcript, BodyEnd end, std::string_view target, std::string body) {
  transcript.text += "body: " + body + "\n";
  if (end == BodyEnd::Incomplete) {
    transcript.text += "incomplete body\n";
  }
  if (end == BodyEnd::Complete) {
    transcript.targets.emplace_back(target);
    transcript.bodies.push_back(std::move(body));
  }
}

/// Reads one request; false when the connection is over.
bool read_request(Arrival& arrival, const wire::HeadLimits& limits, Transcript& transcript) {
  wire::HeadScanner scanner(limits);
  wire::HeadScanner::Progress progress;
  for (;;) {
    const Result<wire::HeadScanner::Progress> scanned = scanner.scan(arrival.arrived());
    if (!scanned) {
      refuse(transcript, scanned.error());
      return false;
    }
    progress = *scanned;
    if (progress.size > 0) {
      break;
    }
    if (!arrival.more()) {
      transcript.text += arrival.arrived().empty() ? "end\n" : "incomplete head\n";
      return false;
    }
  }
  arrival.take(progress.skipped);
  wire::RequestHead head;
  const std::string_view bytes = arrival.arrived().substr(0, progress.size);
  if (const Result<void> parsed = wire::parse_request_head(bytes, limits, head); !parsed) {
    refuse(transcript, parsed.error());
    return false;
  }
  const std::string target(head.target);
  transcript.text += std::string(head.method) + " " + target + " host " + std::string(head.host);
  transcript.text +=
      " 1." + std::to_string(head.minor_version) + (head.keep_alive ? " keep" : " close");
  transcript.text += (head.expect_continue ? " expect" : "") + std::string(head.upgrade) + "\n";
  add_fields(transcript, head.fields);
  arrival.take(progress.size);
  std::string body;
  const BodyEnd end = read_body(arrival, head.framing, head.content_length, body, transcript);
  end_message(transcript, end, target, std::move(body));
  return end == BodyEnd::Complete && head.keep_alive;
}

/// Reads one head of an answer and, unless it is 1xx, its body; false when that was the last.
bool read_answer(Arrival& arrival, bool to_head, const wire::HeadLimits& limits,
                 Transcript& transcript) {
  std::size_t scanned = 0;
  std::size_t size = 0;
  for (;;) {
    const Result<std::size_t> found = wire::scan_response_head(arrival.arrived(), scanned, limits);
    if (!found) {
      refuse(transcript, found.error());
      return false;
    }
    size = *found;
    if (size > 0) {
      break;
    }
    if (!arrival.more()) {
      transcript.text += "incomplete head\n";
      return false;
    }
  }
  wire::ResponseHead head;
  const std::string_view bytes = arrival.arrived().substr(0, size);
  if (const Result<void> parsed = wire::parse_response_head(bytes, to_head, limits, head);
      !parsed) {
    refuse(transcript, parsed.error());
    return false;
  }
  const std::string status = std::to_string(head.status);
  transcript.text +=
      status + " " + std::string(head.reason) + (head.keep_alive ? " keep" : " close");
  transcript.text += "\n";
  add_fields(transcript, head.fields);
  arrival.take(size);
  if (head.status < 200 && head.status != 101) {
    return true;
  }
  std::string body;
  const BodyEnd end = read_body(arrival, head.framing, head.content_length, body, transcript);
  end_message(transcript, end, status, std::move(body));
  return false;
}

}  // namespace

Transcript read_requests(std::string_view bytes, std::span<const std::size_t> cuts,
                         const wire::HeadLimits& limits) {
  Transcript transcript;
  Arrival arrival(bytes, cuts);
  while (read_request(arrival, limits, transcript)) {
  }
  return transcript;
}

Transcript read_response(std::string_view bytes, bool to_head, std::span<const std::size_t> cuts,
                         const wire::HeadLimits& limits) {
  Transcript transcript;
  Arrival arrival(bytes, cuts);
  while (read_answer(arrival, to_head, limits, transcript)) {
  }
  return transcript;
}

std::vector<std::size_t> every_byte(std::size_t size) {
  std::vector<std::size_t> cuts(size);
  std::iota(cuts.begin(), cuts.end(), std::size_t{1});
  return cuts;
}

}  // namespace llmsnap::test
