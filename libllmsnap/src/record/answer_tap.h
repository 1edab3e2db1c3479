// AnswerTap: watches an answer's body pass: when it began, how much it was, what usage it told.
// Thread rule: one request's fiber.
#pragma once

#include <cstdint>
#include <string_view>

#include "llmsnap/traffic_record.h"
#include "record/usage_scanner.h"

namespace llmsnap::record {

class AnswerTap {
 public:
  /// With the upstream answer's header values, empty where it has none.
  AnswerTap(std::string_view content_type, std::string_view content_encoding)
      : scanner_(UsageScanner::format_of(content_type, content_encoding)) {}

  /// Each body piece, once, in order; the bytes are only looked at.
  void pass(std::string_view piece) {
    if (bytes_ == 0 && !piece.empty()) {
      first_byte_ = TrafficRecord::Clock::now();
    }
    bytes_ += piece.size();
    scanner_.feed(piece);
  }

  /// Once, when the body has ended, broke, or was dropped. Sets usage, and first_byte and
  /// response_bytes where nobody (the front knows better what was sent) has set them.
  void complete(TrafficRecord& record) {
    record.usage = scanner_.finish();
    if (record.first_byte == TrafficRecord::Clock::time_point{}) {
      record.first_byte = first_byte_;
    }
    if (record.response_bytes == 0) {
      record.response_bytes = bytes_;
    }
  }

 private:
  TrafficRecord::Clock::time_point first_byte_;
  std::uint64_t bytes_ = 0;
  UsageScanner scanner_;
};

}  // namespace llmsnap::record
