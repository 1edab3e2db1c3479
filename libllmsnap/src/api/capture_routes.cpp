// What was captured of requests and their answers.
#include <optional>
#include <utility>

#include "api/call.h"
#include "api/capture_json.h"
#include "api/captured.h"
#include "api/handlers.h"
#include "api/text_body.h"
#include "base/whole_number.h"

namespace llmsnap::api {

Result<Captured> captured(const Call& call) {
  const auto id = whole_number<std::uint64_t>(call.rest());
  if (!id) {
    return Error{ErrorCode::BadRequest, "invalid capture ID"};
  }
  std::optional<TrafficCapture> found;
  const auto looked = call.services.queries.run_while_wanted(
      [&found, &call, id] { found = call.services.captures.get(*id); });
  if (!looked) {
    return looked.error();
  }
  if (!found) {
    return Error{ErrorCode::NotFound, "capture not found"};
  }
  return Captured{*id, std::move(*found)};
}

Result<Answer> show_capture(Call& call) {
  const auto found = captured(call);
  if (!found) {
    return found.error();
  }
  std::string json;
  const auto written = call.services.queries.run_while_wanted(
      [&json, &found] { json = capture_json(found->id, found->capture); });
  if (!written) {
    return written.error();
  }
  return text_answer(200, JsonText, std::move(json));
}

}  // namespace llmsnap::api
