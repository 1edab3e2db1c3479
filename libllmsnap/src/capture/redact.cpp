#include "capture/redact.h"

#include <algorithm>
#include <utility>

#include "config/secret_names.h"
#include "record/redaction.h"

namespace llmsnap::capture {
namespace {

/// Longer names tell of nothing.
constexpr std::size_t LongestName = 64;

std::size_t skip_space(std::string_view text, std::size_t at) {
  return std::min(text.find_first_not_of(" \t\r\n", at), text.size());
}

/// Behind the quote that ends the string whose first byte is at `begin`; the end of the text where
/// it is cut off.
std::size_t end_of_string(std::string_view text, std::size_t begin) {
  for (std::size_t at = begin; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      return at + 1;
    }
  }
  return text.size();
}

void redact_fields(TrafficCapture::Fields& fields) {
  for (auto& [name, value] : fields) {
    value = record::shown_value(name, value);
  }
}

bool redact_body(CapturedBody& body) {
  std::string clean = without_secrets(body.bytes);
  const bool has_changed = clean != body.bytes;
  if (has_changed) {
    body.size -= body.bytes.size();
    body.bytes = std::move(clean);
    body.size += body.bytes.size();
  }
  return has_changed;
}

}  // namespace

std::string without_secrets(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  std::size_t copied = 0;
  std::size_t quote = text.find('"');
  while (quote != std::string_view::npos) {
    const std::size_t name_end = end_of_string(text, quote + 1);
    const std::size_t colon = skip_space(text, name_end);
    if (colon >= text.size() || text[colon] != ':') {
      quote = text.find('"', name_end);
      continue;
    }
    const std::string_view name = text.substr(quote + 1, name_end - quote - 2);
    const std::size_t value = skip_space(text, colon + 1);
    if (value < text.size() && text[value] == '"' && name.size() <= LongestName &&
        names_secret(name)) {
      const std::size_t value_end = end_of_string(text, value + 1);
      clean.append(text.substr(copied, value + 1 - copied)).append(record::Redacted).append("\"");
      copied = value_end;
      quote = text.find('"', value_end);
    } else {
      quote = text.find('"', value);
    }
  }
  clean.append(text.substr(copied));
  return clean;
}

TrafficCapture redacted(TrafficCapture capture) {
  redact_fields(capture.request_fields);
  redact_fields(capture.answer_fields);
  if (redact_body(capture.request)) {
    capture.is_redacted = true;
  }
  const std::uint64_t before = capture.answer.bytes.size();
  if (redact_body(capture.answer) && !capture.pieces.empty()) {
    // The pieces are those of what is kept: the last one takes the difference.
    std::uint64_t& last = capture.pieces.back().size;
    last = last + capture.answer.bytes.size() > before ? last + capture.answer.bytes.size() - before
                                                       : 0;
  }
  return capture;
}

}  // namespace llmsnap::capture
