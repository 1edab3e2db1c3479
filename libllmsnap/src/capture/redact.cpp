#include "capture/redact.h"

#include <optional>
#include <utility>

#include "capture/json_secrets.h"
#include "record/redaction.h"

namespace llmsnap::capture {
namespace {

wire::KeptFields redacted(const wire::KeptFields& fields) {
  wire::KeptFields shown;
  shown.reserve(fields.bytes());
  for (const auto& [name, value] : fields) {
    shown.add({name, record::shown_value(name, value)});
  }
  return shown;
}

bool redact_body(CapturedBody& body) {
  auto clean = without_json_secrets(body.bytes);
  if (!clean) {
    return false;
  }
  body.size -= body.bytes.size();
  body.bytes = std::move(*clean);
  body.size += body.bytes.size();
  return true;
}

}  // namespace

std::string without_secrets(std::string_view text) {
  auto clean = without_json_secrets(text);
  return clean ? std::move(*clean) : std::string(text);
}

TrafficCapture redacted(TrafficCapture capture) {
  capture.request_fields = redacted(capture.request_fields);
  capture.answer_fields = redacted(capture.answer_fields);
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
