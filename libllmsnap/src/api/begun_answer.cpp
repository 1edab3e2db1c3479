#include "api/begun_answer.h"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "api/error_reply.h"
#include "api/stream_dialect.h"
#include "api/text_body.h"
#include "api/told_break.h"

namespace llmsnap::api {
namespace {

/// Enough for an error, and for an answer that its server did not want to stream.
constexpr std::size_t LongestText = 256 * 1024;

/// Empty if it is too long.
Result<std::string> whole_body(Answer& answer) {
  std::string text;
  while (answer.body) {
    if (text.size() > LongestText) {
      return std::string();
    }
    const Result<std::string_view> piece = answer.body->pull();
    if (!piece) {
      return piece.error();
    }
    if (piece->empty()) {
      return text;
    }
    text += *piece;
  }
  return text;
}

std::string told_as_events(Answer& answer, const Request& request) {
  const auto failed = [&](const Error& error) {
    return failure_events(request.begun, error_json(error, request.head.path, request.record.id));
  };
  const Result<std::string> text = whole_body(answer);
  if (!text) {
    return failed(text.error());
  }
  ServersAnswer said = read_answer(request.begun, answer.status, *text);
  if (!said.events.empty()) {
    return std::move(said.events);
  }
  return failed({ErrorCode::UpstreamFailed,
                 fmt::format("the model's server answered with status {} where 200 and a plain "
                             "event stream were wanted{}{}",
                             answer.status, said.words.empty() ? "" : ": ", said.words)});
}

}  // namespace

Answer begun_answer(Answer models_answer, const Request& request) {
  if (is_event_stream(models_answer)) {
    return models_answer;
  }
  Answer answer;
  answer.status = models_answer.status;  // of no use to the client any more: for the record
  answer.body = std::make_unique<TextBody>(told_as_events(models_answer, request));
  return answer;
}

}  // namespace llmsnap::api
