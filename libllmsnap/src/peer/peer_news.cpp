#include "peer/peer_news.h"

#include <nlohmann/json.hpp>
#include <utility>

namespace llmsnap::peer {
namespace {

using Json = nlohmann::json;

/// The member's text, or nothing where it is none.
std::string text_at(const Json& object, const char* key) {
  if (!object.is_object()) {
    return {};
  }
  const auto member = object.find(key);
  return member != object.end() && member->is_string() ? member->get<std::string>() : std::string();
}

const Json* list_at(const Json& object, const char* key) {
  if (!object.is_object()) {
    return nullptr;
  }
  const auto member = object.find(key);
  return member != object.end() && member->is_array() ? &*member : nullptr;
}

}  // namespace

std::optional<Running> models_running(std::string_view json) {
  const Json answer = Json::parse(json, nullptr, false);
  const Json* running = list_at(answer, "running");
  if (running == nullptr) {
    return std::nullopt;
  }
  Running found;
  for (const Json& process : *running) {
    Names& names = text_at(process, "state") == "ready" ? found.ready : found.not_ready;
    names.insert(text_at(process, "model"));
  }
  return found;
}

std::optional<Listing> models_listed(std::string_view json) {
  const Json answer = Json::parse(json, nullptr, false);
  const Json* models = list_at(answer, "data");
  if (models == nullptr) {
    return std::nullopt;
  }
  Listing listing;
  for (const Json& model : *models) {
    const std::string id = text_at(model, "id");
    listing.names.insert(id);
    const std::string state =
        model.is_object() && model.contains("status") ? text_at(model.at("status"), "value") : "";
    listing.tells_states |= !state.empty();
    if (state == "loaded") {
      listing.loaded.insert(id);
    }
  }
  return listing;
}

Names loaded_models(Running running, const Listing& listing) {
  Names loaded = std::move(running.ready);
  for (const std::string& name : listing.loaded) {
    if (running.not_ready.find(name) == running.not_ready.end()) {
      loaded.insert(name);
    }
  }
  return loaded;
}

}  // namespace llmsnap::peer
