#include <fmt/format.h>

#include "api/breather.h"
#include "api/call.h"
#include "api/forward_call.h"
#include "api/handlers.h"
#include "api/request_body.h"

namespace llmsnap::api {
namespace {

enum class Metering { Metered, Unmetered };

Result<Answer> serve_json(Call& call, Metering metering) {
  auto& request = call.request;
  const auto text = read_json(call);
  if (!text) {
    return text.error();
  }
  const auto facts = route::scan_json_body(text->bytes, Breather::breathe);
  if (!facts) {
    return facts.error();
  }
  if (!facts->model || facts->model->empty()) {
    return Error{ErrorCode::BadRequest, "missing or invalid 'model' key"};
  }
  request.record.metered = metering == Metering::Metered;
  const route::JsonBody json{text->bytes, *facts};
  auto target = request.head.target;
  target.remove_prefix(call.route.stripped.size());
  auto outgoing = forward_request(call, *facts->model, target);
  outgoing.streaming = facts->stream;
  outgoing.counts_tokens = true;
  outgoing.json = &json;
  return forward_call(call, outgoing);
}

}  // namespace

Result<Answer> serve_inference(Call& call) {
  return serve_json(call, Metering::Metered);
}

Result<Answer> serve_unmetered(Call& call) {
  return serve_json(call, Metering::Unmetered);
}

/// What does not name a model of ours by a JSON body, nobody serves.
Result<Answer> serve_unlisted(Call& call) {
  Result<Answer> answer = serve_json(call, Metering::Unmetered);
  if (answer) {
    return answer;
  }
  const ErrorCode code = answer.error().code;
  if (code != ErrorCode::BadRequest && code != ErrorCode::NotFound) {
    return answer;
  }
  return Error{ErrorCode::NotFound,
               fmt::format("nothing is served at {}, and the request cannot be passed on: {}",
                           call.request.head.path.substr(0, 200), answer.error().message)};
}

}  // namespace llmsnap::api
