#include "record/answer_tap.h"

#include <algorithm>
#include <utility>

#include "record/body_decoder.h"
#include "record/measured_rate.h"
#include "record/server_error.h"

namespace llmsnap::record {
namespace {

constexpr int FirstError = 400;

}  // namespace

AnswerTap::AnswerTap(const AnswerHead& head, DecodedPieces::Breathe breathe)
    : status_(head.status),
      reason_(head.reason),
      key_(head.key),
      format_(UsageScanner::format_of(head.content_type)),
      is_read_(format_ != UsageScanner::Format::None || head.status >= FirstError),
      events_(UsageScanner::field_of(format_)),
      scanner_(format_) {
  if (head.status >= FirstError) {
    error_ = std::make_unique<std::string>();
  }
  if (is_read_ && !is_plain(head.content_encoding)) {
    is_read_ = false;
    if (auto decoder = decoder_for(head.content_encoding)) {
      decoded_ = std::make_unique<DecodedPieces>(std::move(decoder), breathe);
    }
  }
}

void AnswerTap::read(std::string_view text) {
  scanner_.feed(text);
  if (UsageScanner::is_stream(format_)) {
    const std::size_t came = events_.count(text);
    if (came > 0) {
      tokens_.last = last_byte_;
      tokens_.first = tokens_.pieces == 0 ? last_byte_ : tokens_.first;
      tokens_.pieces += came;
    }
  }
  if (error_ != nullptr) {
    error_->append(text.substr(0, MaxErrorBody - std::min(MaxErrorBody, error_->size())));
  }
}

void AnswerTap::complete(TrafficRecord& record) {
  record.usage = scanner_.finish();
  record.tokens = tokens_;
  if (!record.usage.tokens_per_second) {
    record.usage.tokens_per_second = measured_rate(record, last_byte_);
  }
  if (error_ != nullptr) {
    record.server_error = server_error({.status = status_,
                                        .reason = reason_,
                                        .body = *error_,
                                        .key = key_,
                                        .broken_body = decoded_ != nullptr && decoded_->broken()});
  }
  if (record.first_byte == TrafficRecord::Clock::time_point{}) {
    record.first_byte = first_byte_;
  }
  if (record.response_bytes == 0) {
    record.response_bytes = bytes_;
  }
}

}  // namespace llmsnap::record
