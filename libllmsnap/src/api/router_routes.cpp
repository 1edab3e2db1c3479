// The ways of llama.cpp's router to load and unload a model, and to hear of it.
#include <memory>
#include <nlohmann/json.hpp>

#include "api/call.h"
#include "api/handlers.h"
#include "api/request_body.h"
#include "api/router_status.h"
#include "api/same_site.h"
#include "api/state_stream.h"
#include "api/text_body.h"
#include "api/unknown_model.h"

namespace llmsnap::api {
namespace {

using SharedModel = std::shared_ptr<const route::Model>;

/// The model that the body names, if its process is ours and the asker may change it.
Result<SharedModel> model_in_body(Call& call) {
  if (const Result<void> allowed = refuse_other_sites(call.request.head); !allowed) {
    return allowed.error();
  }
  const auto body = read_named_json(call);
  if (!body) {
    return body.error();
  }
  const route::ModelService& models = call.services.forwarding.models;
  SharedModel model = models.find(*body->facts.model);
  if (model == nullptr) {
    return unknown_model("model is not found", *body->facts.model, models);
  }
  if (!models.status(*model)) {
    return Error{ErrorCode::NotFound,
                 "the model has no cmd, its server is not ours to start or stop"};
  }
  call.request.record.model = model->config.id;
  return model;
}

Answer success() {
  return text_answer(200, JsonText, R"({"success":true})");
}

}  // namespace

Result<Answer> load_by_body(Call& call) {
  const auto model = model_in_body(call);
  if (!model) {
    return model.error();
  }
  route::ModelService& models = call.services.forwarding.models;
  const std::string_view status = router_status(**model, models);
  if (status == "loaded" || status == "loading") {
    return Error{ErrorCode::BadRequest, "model is already running"};
  }
  models.begin_load(**model);
  return success();
}

Result<Answer> unload_by_body(Call& call) {
  const auto model = model_in_body(call);
  if (!model) {
    return model.error();
  }
  route::ModelService& models = call.services.forwarding.models;
  const auto status = models.status(**model);
  if (!status || status->state == ModelState::Stopped || status->state == ModelState::Failed) {
    return Error{ErrorCode::BadRequest, "model is not running"};
  }
  const Result<void> unloaded = models.unload({*model});
  return unloaded ? Result<Answer>(success()) : unloaded.error();
}

Result<Answer> stream_states(Call& call) {
  Answer answer;
  answer.fields.push_back({"Content-Type", EventStreamText});
  answer.fields.push_back({"Cache-Control", "no-cache"});
  answer.fields.push_back({"X-Accel-Buffering", "no"});
  answer.body = std::make_unique<StateStream>(call.services.bus, call.request.stop_notice);
  return answer;
}

}  // namespace llmsnap::api
