#include "upstream/answer_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

#include "upstream/failure.h"

namespace llmsnap::upstream {
namespace {

constexpr int MaxInterimAnswers = 16;
constexpr wire::HeadLimits Limits;
constexpr std::size_t UsualFields = 16;
constexpr std::string_view ReadAnswer = "read the answer of";
constexpr std::string_view ReadBody = "read the answer's body from";

}  // namespace

AnswerReader::AnswerReader(BlockList& blocks, const Url& url, AnswerExpectation expectation)
    : buffer_(blocks), url_(url), expectation_(std::move(expectation)) {
  head_.fields.reserve(UsualFields);
}

Result<void> AnswerReader::read_head(io::Stream& stream, Deadline deadline) {
  for (;;) {
    const Result<bool> complete = examine_head();
    if (!complete) {
      return complete.error();
    }
    if (*complete) {
      return {};
    }
    if (const io::IoResult read = buffer_.fill(stream, deadline); !read) {
      return head_failure(read);
    }
    heard_anything_ = true;
  }
}

Result<bool> AnswerReader::poll_head(io::Stream& stream) {
  for (;;) {
    Result<bool> complete = examine_head();
    if (!complete || *complete) {
      return complete;
    }
    const io::IoResult read = buffer_.fill(stream, Deadline::min());
    if (read.status == io::IoStatus::Deadline) {
      return false;
    }
    if (!read) {
      return head_failure(read);
    }
    heard_anything_ = true;
  }
}

/// True when the final head is there and parsed; interim ones before it are dropped.
Result<bool> AnswerReader::examine_head() {
  for (;;) {
    const std::string_view bytes = buffer_.bytes();
    const Result<std::size_t> size = wire::scan_response_head(bytes, scanned_, Limits);
    if (!size) {
      return failure(ReadAnswer, url_, size.error().message);
    }
    if (*size == 0) {
      return false;
    }
    const Result<void> parsed =
        wire::parse_response_head(bytes.substr(0, *size), expectation_.to_head, Limits, head_);
    if (!parsed) {
      return failure(ReadAnswer, url_, parsed.error().message);
    }
    if (head_.status == 101) {
      if (const Result<void> allowed = check_switch(); !allowed) {
        return allowed.error();
      }
    } else if (head_.status < 200) {
      if (++interim_answers_ > MaxInterimAnswers) {
        return failure(ReadAnswer, url_, "it sent too many interim answers");
      }
      buffer_.consume(*size);
      scanned_ = 0;
      continue;
    }
    buffer_.pin(*size);
    begin_body();
    return true;
  }
}

Result<void> AnswerReader::check_switch() const {
  if (expectation_.upgrade.empty()) {
    return failure(ReadAnswer, url_, "it switched protocols without being asked to");
  }
  const bool agreed =
      wire::same_name(wire::value_of(head_.fields, "Upgrade"), expectation_.upgrade) &&
      std::any_of(head_.fields.begin(), head_.fields.end(), [](const auto& field) {
        return wire::same_name(field.name, "Connection") &&
               wire::list_contains(field.value, "upgrade");
      });
  if (!agreed) {
    return failure(ReadAnswer, url_, "it switched to another protocol than the one asked for");
  }
  return {};
}

void AnswerReader::begin_body() {
  left_ = head_.content_length;
  framing_ = head_.framing;
  // After a 101 what follows is not ours to read.
  if (head_.status == 101) {
    finished_ = true;
    return;
  }
  advance();
}

void AnswerReader::receive(io::Stream& stream, SteadyClock::duration idle) {
  while (!ready()) {
    if (const io::IoResult read = buffer_.fill(stream, deadline_in(idle)); !read) {
      stream_ended(read);
      return;
    }
    advance();
  }
}

Result<std::string_view> AnswerReader::take() {
  assert(ready());
  if (next_.empty() && broken_) {
    return *broken_;
  }
  const std::string_view piece = std::exchange(next_, {});
  if (!piece.empty() && !broken_) {
    // Looking ahead makes `ready` exact: half a chunk's size line is no reason not to flush.
    advance();
  }
  return piece;
}

/// Decodes what is in the buffer until there is a piece, the end, or nothing left.
void AnswerReader::advance() {
  switch (framing_) {
    case wire::Framing::None:
      finished_ = true;
      return;
    case wire::Framing::Length:
      advance_length();
      return;
    case wire::Framing::UntilClose:
      advance_until_close();
      return;
    case wire::Framing::Chunked:
      advance_chunked();
      return;
  }
}

void AnswerReader::advance_length() {
  if (left_ == 0) {
    finished_ = true;
    return;
  }
  next_ = buffer_.bytes();
  next_ = next_.substr(0, std::min<std::uint64_t>(left_, next_.size()));
  buffer_.consume(next_.size());
  left_ -= next_.size();
}

void AnswerReader::advance_until_close() {
  next_ = buffer_.bytes();
  buffer_.consume(next_.size());
}

void AnswerReader::advance_chunked() {
  while (next_.empty() && !chunks_.done() && !buffer_.bytes().empty()) {
    const Result<wire::ChunkDecoder::Step> step = chunks_.step(buffer_.bytes());
    if (!step) {
      broken_ = std::make_unique<Error>(failure(ReadBody, url_, step.error().message));
      return;
    }
    buffer_.consume(step->consumed);
    next_ = step->data;
    if (step->consumed == 0) {
      break;
    }
  }
  finished_ = chunks_.done();
}

void AnswerReader::stream_ended(const io::IoResult& result) {
  if (result.status != io::IoStatus::End) {
    broken_ = std::make_unique<Error>(failure(ReadBody, url_, result));
  } else if (framing_ == wire::Framing::UntilClose) {
    finished_ = true;
  } else {
    broken_ = std::make_unique<Error>(
        failure(ReadBody, url_, "the connection was closed before its end"));
  }
}

Error AnswerReader::head_failure(const io::IoResult& result) const {
  if (result.status != io::IoStatus::End) {
    return failure(ReadAnswer, url_, result);
  }
  return failure(ReadAnswer, url_,
                 heard_anything_ ? "the connection was closed before the end of its head"
                                 : "the connection was closed without an answer");
}

}  // namespace llmsnap::upstream
