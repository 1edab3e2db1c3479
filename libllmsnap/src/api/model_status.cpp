#include "api/model_status.h"

#include <nlohmann/json.hpp>

#include "api/model_abilities.h"
#include "api/reference_state.h"
#include "peer/peer.h"

namespace llmsnap::api {
namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// A server that is not ours to start is taken to be there.
void add_state(const route::Model& model, const route::ModelService& models, Json& entry) {
  if (model.peer) {
    entry["state"] = "";
    return;
  }
  const auto status = models.status(model);
  entry["state"] = status ? reference_name(status->state) : name_of(ModelState::Ready);
  if (status && status->state == ModelState::Failed) {
    entry["error"] = status->why;
  }
}

Json entry_of(const route::Model& model, const route::ModelService& models) {
  const ModelConfig& config = model.config;
  Json entry = {{"id", config.id}, {"name", config.name}, {"description", config.description}};
  add_state(model, models, entry);
  entry["unlisted"] = config.unlisted;
  entry["sleepMode"] = model.peer ? "" : config.sleep.enabled ? "enable" : "disable";
  entry["peerID"] = model.peer ? model.peer->config().id : std::string();
  if (!config.aliases.empty()) {
    entry["aliases"] = config.aliases;
  }
  for (const std::string_view ability : abilities_of(config.capabilities)) {
    entry["capabilities"][std::string(ability)] = true;
  }
  if (config.capabilities.context > 0) {
    entry["context_length"] = config.capabilities.context;
  }
  return entry;
}

}  // namespace

std::string model_status_json(const route::ModelService& models) {
  Json ours = Json::array();
  Json of_peers = Json::array();
  for (const auto& model : models.list()) {
    (model->peer ? of_peers : ours).push_back(entry_of(*model, models));
  }
  ours.insert(ours.end(), of_peers.begin(), of_peers.end());
  return text_of(ours);
}

std::string active_profile_json(const route::Profiles& profiles) {
  const auto standing = profiles.standing();
  return text_of({{"active", standing.active.empty() ? Json() : Json(standing.active)}});
}

std::string ui_config_json(const std::vector<std::string>& session_headers) {
  return text_of({{"activity", {{"session_id", session_headers}}}});
}

}  // namespace llmsnap::api
