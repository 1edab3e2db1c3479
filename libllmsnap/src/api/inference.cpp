#include "api/breather.h"
#include "api/call.h"
#include "api/forwarded_answer.h"
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
  const route::JsonBody json{text->bytes, *facts};
  auto target = request.head.target;
  target.remove_prefix(call.route.stripped.size());
  const route::ForwardRequest outgoing{
      .head = request.head,
      .client = client_of(call),
      .key_name = request.record.key_name,
      .model = *facts->model,
      .target = target,
      .source = Source::Local,
      .streaming = facts->stream,
      .json = &json,
      .body = nullptr,
      .upgrade = {},
      .pool = request.pool,
  };
  auto forwarded = route::forward(call.services.forwarding, outgoing, request.record);
  if (!forwarded) {
    return forwarded.error();
  }
  return forwarded_answer(std::move(*forwarded), request);
}

}  // namespace llmsnap::api
