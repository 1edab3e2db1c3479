#include "api/call.h"
#include "api/forward_call.h"
#include "api/handlers.h"
#include "api/request_body.h"

namespace llmsnap::api {

Result<Answer> serve_form(Call& call) {
  const auto form = read_form(call);
  if (!form) {
    return form.error();
  }
  call.request.record.metered = true;
  const route::FormBody body{*form->body, form->facts};
  auto target = call.request.head.target;
  target.remove_prefix(call.route.stripped.size());
  auto outgoing = forward_request(call, *form->facts.model, target);
  outgoing.streaming = form->facts.stream;
  outgoing.form = &body;
  return forward_call(call, outgoing);
}

}  // namespace llmsnap::api
