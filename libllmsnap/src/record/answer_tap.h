// AnswerTap: watches an answer's body pass: when it began, how much it was, what usage it told, in
// which times its tokens came, and what error it was. Thread rule: one request's fiber.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "llmsnap/traffic_record.h"
#include "record/decoded_pieces.h"
#include "record/event_counter.h"
#include "record/usage_scanner.h"
#include "wire/server_key.h"

namespace llmsnap::record {

/// What a tap goes by; header values are empty where the upstream's answer has none.
struct AnswerHead {
  int status = 200;
  std::string_view reason = {};  ///< must outlive the tap; the others need not
  std::string_view content_type = {};
  std::string_view content_encoding = {};
  const wire::ServerKey* key = nullptr;  ///< of that server; must outlive the tap
};

class AnswerTap {
 public:
  /// `breathe` is called now and then while a compressed piece is read that comes to much.
  explicit AnswerTap(const AnswerHead& head, DecodedPieces::Breathe breathe = nullptr);

  /// Each body piece, once, in order; the bytes are only looked at.
  void pass(std::string_view piece) {
    if (piece.empty()) {
      return;
    }
    last_byte_ = TrafficRecord::Clock::now();
    if (bytes_ == 0) {
      first_byte_ = last_byte_;
    }
    bytes_ += piece.size();
    if (decoded_ != nullptr) {
      decoded_->pass(piece, [this](std::string_view text) { read(text); });
    } else if (is_read_) {
      read(piece);
    }
  }

  /// Once, when the body has ended, broke, or was dropped. Sets usage, tokens and server_error, and
  /// first_byte and response_bytes where nobody (the front knows better what was sent) has set
  /// them. Where the server told no rate it is measured: see measured_rate.
  void complete(TrafficRecord& record);

  /// The server has told its timings, as llama.cpp does unasked.
  bool told_timings() const { return scanner_.timed(); }

 private:
  void read(std::string_view text);

  const int status_;
  const std::string_view reason_;
  const wire::ServerKey* const key_;
  const UsageScanner::Format format_;
  TrafficRecord::Clock::time_point first_byte_;
  TrafficRecord::Clock::time_point last_byte_;
  std::uint64_t bytes_ = 0;
  bool is_read_;                            // the bytes as they come
  std::unique_ptr<DecodedPieces> decoded_;  // null: they are not coded, or nobody reads them
  std::unique_ptr<std::string> error_;      // the begin of an error's body; null: it is none
  EventCounter events_;
  TokenTimes tokens_;
  UsageScanner scanner_;
};

}  // namespace llmsnap::record
