#include <fmt/format.h>

#include "api/call.h"
#include "api/forward_call.h"
#include "api/handlers.h"
#include "api/request_body.h"
#include "api/same_site.h"

namespace llmsnap::api {
namespace {

enum class Metering { Metered, Unmetered };

Result<Answer> serve_json(Call& call, Metering metering) {
  auto& request = call.request;
  const auto body = read_named_json(call);
  if (!body) {
    return body.error();
  }
  request.record.metered = metering == Metering::Metered;
  const route::JsonBody json{body->text.bytes, body->facts};
  auto target = request.head.target;
  target.remove_prefix(call.route.stripped.size());
  auto outgoing = forward_request(call, *body->facts.model, target);
  outgoing.streaming = body->facts.stream;
  outgoing.counts_tokens = metering == Metering::Metered;
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
  // Nobody knows what it does there.
  if (const Result<void> allowed = refuse_other_sites(call.request.head); !allowed) {
    return allowed.error();
  }
  Result<Answer> answer = serve_json(call, Metering::Unmetered);
  if (answer) {
    return answer;
  }
  const ErrorCode code = answer.error().code;
  const bool is_named = !call.request.record.model.empty();  // who refuses is that model
  if (is_named || (code != ErrorCode::BadRequest && code != ErrorCode::NotFound)) {
    return answer;
  }
  return Error{ErrorCode::NotFound,
               fmt::format("nothing is served at {}, and the request cannot be passed on: {}",
                           call.request.head.path.substr(0, 200), answer.error().message)};
}

}  // namespace llmsnap::api
