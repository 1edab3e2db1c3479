// What operators ask of the models: which run, load, unload.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/call.h"
#include "api/decision_json.h"
#include "api/handlers.h"
#include "api/reference_state.h"
#include "api/same_site.h"
#include "api/text_body.h"
#include "api/unknown_model.h"
#include "base/hex.h"
#include "base/placeholder.h"
#include "config/masked_command.h"
#include "config/masked_text.h"
#include "config/model_names.h"

namespace llmsnap::api {
namespace {

using Json = nlohmann::ordered_json;

Answer json_text(const Json& json) {
  return text_answer(200, JsonText, json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

using Models = std::vector<std::shared_ptr<const route::Model>>;

/// What the rest of the path names; nothing: that is no text.
std::optional<std::string> name_in_path(const Call& call) {
  return percent_decoded(call.rest());
}

/// The model that the rest of the path names, if its process is ours and the asker may change it.
Result<std::shared_ptr<const route::Model>> model_to_change(const Call& call) {
  if (const Result<void> allowed = refuse_other_sites(call.request.head); !allowed) {
    return allowed.error();
  }
  const route::ModelService& models = call.services.forwarding.models;
  const auto name = name_in_path(call);
  auto model = name ? models.find(*name) : nullptr;
  if (model == nullptr) {
    return unknown_model("model not found", name ? *name : call.rest(), models);
  }
  call.request.record.model = model->config.id;
  if (!models.status(*model)) {
    return Error{ErrorCode::NotFound,
                 fmt::format("no local server found for requested model: {} has no cmd, its server "
                             "is not ours to start or stop",
                             model->config.id)};
  }
  return model;
}

/// Answers with the state that the model is in then, or with why it is not.
Result<Answer> bring_into(const Call& call, ModelState state,
                          Result<void> (route::ModelService::*ask)(const route::Model&)) {
  const auto model = model_to_change(call);
  if (!model) {
    return model.error();
  }
  if (const Result<void> done = (call.services.forwarding.models.*ask)(**model); !done) {
    return done.error();
  }
  return json_text({{"msg", "ok"}, {"state", name_of(state)}});
}

Result<void> unload_all(const Call& call) {
  if (const Result<void> allowed = refuse_other_sites(call.request.head); !allowed) {
    return allowed;
  }
  route::ModelService& models = call.services.forwarding.models;
  Models all = models.list();
  const Models leaving = models.leaving();
  all.insert(all.end(), leaving.begin(), leaving.end());
  return models.unload(all);
}

/// The model, and what had its name before a reload and still ends its requests.
Result<Models> models_to_unload(const Call& call) {
  const auto model = model_to_change(call);
  if (!model && model.error().code != ErrorCode::NotFound) {
    return model.error();
  }
  Models named;
  if (model) {
    named.push_back(*model);
  }
  const auto name = name_in_path(call);
  for (auto& leaving : call.services.forwarding.models.leaving()) {
    if (name && has_name(leaving->config, *name)) {
      named.push_back(std::move(leaving));
    }
  }
  return named.empty() ? Result<Models>(model.error()) : named;
}

Json instance_records(const std::vector<InstanceStatus>& instances) {
  Json records = Json::array();
  for (const InstanceStatus& instance : instances) {
    records.push_back({{"state", reference_name(instance.state)},
                       {"port", instance.port},
                       {"pid", instance.pid},
                       {"in_flight", instance.in_flight}});
  }
  return records;
}

Json running_record(const ModelConfig& config, const ModelStatus& status) {
  Json record = {{"model", config.id},
                 {"state", reference_name(status.state)},
                 {"cmd", masked_command(with_port(config.cmd, status.port))},
                 {"proxy", masked_text(with_port(config.proxy, status.port))},
                 {"ttl", std::chrono::duration_cast<std::chrono::seconds>(config.ttl).count()},
                 {"name", config.name},
                 {"description", config.description}};
  if (!status.instances.empty()) {
    record["instances"] = instance_records(status.instances);
  }
  return record;
}

bool is_running(ModelState state) {
  return state != ModelState::Stopped && state != ModelState::Failed;
}

}  // namespace

Result<Answer> show_running(Call& call) {
  const route::ModelService& models = call.services.forwarding.models;
  Json running = Json::array();
  for (const Models& some : {models.list(), models.leaving()}) {
    for (const auto& model : some) {
      const auto status = models.status(*model);
      if (status && is_running(status->state)) {
        running.push_back(running_record(model->config, *status));
      }
    }
  }
  return json_text({{"running", std::move(running)}});
}

Result<Answer> unload_for_scripts(Call& call) {
  if (call.request.head.method == "HEAD") {
    return Error{ErrorCode::MethodNotAllowed, "HEAD changes nothing: GET /unload unloads"};
  }
  const Result<void> unloaded = unload_all(call);
  return unloaded ? Result<Answer>(text_answer(200, PlainText, "OK")) : unloaded.error();
}

Result<Answer> unload_models(Call& call) {
  const Result<void> unloaded = unload_all(call);
  return unloaded ? Result<Answer>(json_text({{"msg", "ok"}})) : unloaded.error();
}

Result<Answer> unload_model(Call& call) {
  const Result<Models> models = models_to_unload(call);
  if (!models) {
    return models.error();
  }
  const Result<void> unloaded = call.services.forwarding.models.unload(*models);
  return unloaded ? Result<Answer>(text_answer(200, PlainText, "OK")) : unloaded.error();
}

Result<Answer> load_model(Call& call) {
  return bring_into(call, ModelState::Ready, &route::ModelService::load);
}

Result<Answer> sleep_model(Call& call) {
  return bring_into(call, ModelState::Asleep, &route::ModelService::sleep);
}

Result<Answer> show_decisions(Call& call) {
  std::string decisions;
  for (const ModelEvent& event : call.services.forwarding.models.decisions()) {
    decisions += (decisions.empty() ? "" : ",") + decision_json(event);
  }
  return text_answer(200, JsonText, fmt::format(R"({{"decisions":[{}]}})", decisions));
}

}  // namespace llmsnap::api
