// UsageScanner: finds token counts, rates and the stop reason in an answer while its bytes pass, in
// any division. Thread rule: one request's fiber. Keeps no bytes of the answer but the small object
// it is reading.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "llmsnap/traffic_record.h"
#include "record/member_finder.h"

namespace llmsnap::record {

class UsageScanner {
 public:
  enum class Format { None, EventStream, Lines, Json };

  /// What an answer of this type is read as; Lines: a document on each.
  static Format format_of(std::string_view content_type);

  /// What comes one document a line.
  static bool is_stream(Format format) {
    return format == Format::EventStream || format == Format::Lines;
  }

  /// What a line with a document begins with.
  static std::string_view field_of(Format format) {
    return format == Format::EventStream ? "data:" : "";
  }

  explicit UsageScanner(Format format) : format_(format), field_(field_of(format)) {}

  void feed(std::string_view piece) {
    if (is_stream(format_)) {
      feed_events(piece);
    } else if (format_ == Format::Json) {
      finder_.feed(piece);
    }
  }

  /// After the last byte, or when the answer broke: what was found so far. Call it once.
  const Usage& finish();

  /// llama.cpp's timings were seen.
  bool timed() const { return timed_; }

 private:
  enum class Line : std::uint8_t { Field, Data, Other };

  void feed_events(std::string_view piece);
  void feed_whole_lines(std::string_view lines);
  std::string_view feed_open_line(std::string_view piece);
  void end_document();

  Format format_;
  std::string_view field_;
  Line line_ = Line::Field;        // what the line that began in an earlier piece is
  std::size_t field_matched_ = 0;  // how much of the field it has shown
  bool timed_ = false;             // llama.cpp's timings were seen; they outrank usage
  MemberFinder finder_;
  Usage usage_;
};

}  // namespace llmsnap::record
