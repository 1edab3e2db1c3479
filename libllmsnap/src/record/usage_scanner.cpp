#include "record/usage_scanner.h"

#include <cstring>

#include "base/ascii.h"
#include "record/key_search.h"
#include "record/usage_fields.h"

namespace llmsnap::record {
namespace {

using ascii::equal_ignoring_case;

// `application/json; charset=utf-8` without what follows the type.
std::string_view media_type(std::string_view content_type) {
  return ascii::trimmed(content_type.substr(0, content_type.find(';')), ascii::is_space);
}

// Where the line that holds `at` begins.
const char* line_begin(const char* begin, const char* at) {
  const std::string_view before(begin, static_cast<std::size_t>(at - begin));
  return begin + (before.rfind('\n') + 1);  // npos + 1 is 0
}

const char* find_newline(const char* at, const char* end) {
  return static_cast<const char*>(std::memchr(at, '\n', static_cast<std::size_t>(end - at)));
}

}  // namespace

UsageScanner::Format UsageScanner::format_of(std::string_view content_type) {
  const std::string_view type = media_type(content_type);
  if (equal_ignoring_case(type, "text/event-stream")) {
    return Format::EventStream;
  }
  if (equal_ignoring_case(type, "application/x-ndjson")) {
    return Format::Lines;
  }
  return equal_ignoring_case(type, "application/json") ? Format::Json : Format::None;
}

const Usage& UsageScanner::finish() {
  if (format_ == Format::Json || line_ == Line::Data) {
    end_document();
  }
  return usage_;
}

void UsageScanner::feed_events(std::string_view piece) {
  if (line_ != Line::Field || field_matched_ > 0) {
    piece = feed_open_line(piece);
  }
  const std::size_t last_newline = piece.rfind('\n');
  if (last_newline != std::string_view::npos) {
    feed_whole_lines(piece.substr(0, last_newline + 1));
    piece.remove_prefix(last_newline + 1);
  }
  if (!piece.empty()) {
    feed_open_line(piece);
  }
}

void UsageScanner::feed_whole_lines(std::string_view lines) {
  const char* at = lines.data();
  const char* const end = at + lines.size();
  while (const char* const key = find_usage_key(at, end)) {
    const char* const newline = find_newline(key, end);  // there is one: the last byte
    const char* const begin = line_begin(at, key);
    std::string_view line(begin, static_cast<std::size_t>(newline - begin));
    if (line.starts_with(field_)) {
      line.remove_prefix(field_.size());
      finder_.restart();
      finder_.feed(line);
      end_document();
    }
    at = newline + 1;
  }
}

// The rest of a line that began in an earlier piece, or the first part of one that ends in a later.
// Answers with what follows the line.
std::string_view UsageScanner::feed_open_line(std::string_view piece) {
  const std::size_t newline = piece.find('\n');
  std::string_view text = piece.substr(0, newline);
  while (line_ == Line::Field && !text.empty()) {
    if (field_matched_ == field_.size()) {
      line_ = Line::Data;
      finder_.restart();
    } else if (text.front() == field_[field_matched_]) {
      ++field_matched_;
      text.remove_prefix(1);
    } else {
      line_ = Line::Other;
    }
  }
  if (line_ == Line::Data) {
    finder_.feed(text);
  }
  if (newline == std::string_view::npos) {
    return {};
  }
  if (line_ == Line::Data) {
    end_document();
  }
  line_ = Line::Field;
  field_matched_ = 0;
  return piece.substr(newline + 1);
}

void UsageScanner::end_document() {
  if (!finder_.stop_reason().empty()) {
    usage_.stop_reason = finder_.stop_reason();
  }
  if (!finder_.usage().empty() && !timed_) {
    read_usage(finder_.usage(), usage_);
  } else if (!finder_.meta().empty() && !timed_) {
    read_meta(finder_.meta(), usage_);
  } else if (format_ == Format::Json && !finder_.input_tokens().empty()) {
    read_counted_tokens(finder_.input_tokens(), usage_);
  }
  if (read_timings(finder_.timings(), usage_)) {
    timed_ = true;
  } else if (!finder_.metrics().empty() && !timed_) {
    read_metrics(finder_.metrics(), usage_);
  }
}

}  // namespace llmsnap::record
