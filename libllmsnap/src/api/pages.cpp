#include "api/call.h"
#include "api/handlers.h"
#include "api/text_body.h"

namespace llmsnap::api {

Result<Answer> show_health(Call&) {
  return text_answer(200, PlainText, "OK");
}

// These two need no key, so they tell nothing about the models.
Result<Answer> show_welcome(Call&) {
  return text_answer(200, PlainText,
                     "llmsnapd is running.\n\n"
                     "GET  /v1/models            the models\n"
                     "POST /v1/chat/completions  asks the model that the body names\n"
                     "ANY  /upstream/<model>/... what else the server of a model offers\n"
                     "GET  /health               OK while llmsnapd runs\n");
}

Result<Answer> show_passthrough_usage(Call&) {
  return text_answer(200, PlainText,
                     "/upstream/<model>/<path> passes a request to the server of that model as "
                     "<path>; GET /v1/models lists the models.\n");
}

}  // namespace llmsnap::api
