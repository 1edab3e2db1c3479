#include "api/breather.h"
#include "api/call.h"
#include "api/forward_call.h"
#include "api/handlers.h"
#include "api/request_body.h"

namespace llmsnap::api {

Result<Answer> serve_inference(Call& call) {
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
  request.record.metered = true;
  const route::JsonBody json{text->bytes, *facts};
  auto target = request.head.target;
  target.remove_prefix(call.route.stripped.size());
  auto outgoing = forward_request(call, *facts->model, target);
  outgoing.streaming = facts->stream;
  outgoing.counts_tokens = true;
  outgoing.json = &json;
  return forward_call(call, outgoing);
}

}  // namespace llmsnap::api
