#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <vector>

#include "api/call.h"
#include "api/caller_rules.h"
#include "api/cors.h"
#include "api/handlers.h"
#include "api/model_abilities.h"
#include "api/router_status.h"
#include "api/text_body.h"
#include "api/unknown_model.h"
#include "base/ascii.h"
#include "base/hex.h"
#include "peer/peer.h"
#include "route/query_model.h"
#include "route/selection.h"

namespace llmsnap::api {
namespace {

using Json = nlohmann::ordered_json;

std::string_view trimmed(std::string_view text) {
  return ascii::trimmed(text, ascii::is_space);
}

/// What all records have, before their name and the rest. Clients of llama.cpp's router offer what
/// is not loaded only where it is a preset: it loads on demand.
Json base_record(std::string_view id) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return {
      {"id", id},
      {"object", "model"},
      {"created", std::chrono::duration_cast<std::chrono::seconds>(now).count()},
      {"owned_by", "llmsnap"},
      {"source", "preset"},
  };
}

void add_names(std::string_view name, std::string_view description, Json& record) {
  if (const auto text = trimmed(name); !text.empty()) {
    record["name"] = text;
  }
  if (const auto text = trimmed(description); !text.empty()) {
    record["description"] = text;
  }
}

/// The config's own metadata, which what is said by us is added to.
Json metadata_of(const std::string& json) {
  Json metadata = json.empty() ? Json::object() : Json::parse(json, nullptr, false);
  return metadata.is_object() ? metadata : Json::object();  // of a config that was made by hand
}

/// What the references' clients look for under meta.
void add_about(Json about, Json& record) {
  record["meta"]["llamaswap"] = std::move(about);
}

void add_status(bool is_loaded, Json& record) {
  record["status"] = {{"value", is_loaded ? "loaded" : "unloaded"}};
}

void add_status(const route::Model& model, const route::ModelService& models, Json& record) {
  Json status = {{"value", router_status(model, models)}};
  if (const auto failure = router_failure(model, models)) {
    status["failed"] = true;
    if (failure->exit_code) {
      status["exit_code"] = *failure->exit_code;
    }
  }
  record["status"] = std::move(status);
}

std::vector<std::string_view> names_of(const std::vector<Modality>& modalities) {
  std::vector<std::string_view> names;
  for (const Modality modality : modalities) {
    names.push_back(name_of(modality));
  }
  return names;
}

/// As OpenRouter tells it.
Json architecture_of(const CapabilityConfig& can) {
  Json architecture = Json::object();
  const auto in = names_of(can.in);
  const auto out = names_of(can.out);
  if (!in.empty()) {
    architecture["input_modalities"] = in;
  }
  if (!out.empty()) {
    architecture["output_modalities"] = out;
  }
  if (!in.empty() && !out.empty()) {
    architecture["modality"] = fmt::format("{}->{}", fmt::join(in, "+"), fmt::join(out, "+"));
  }
  return architecture;
}

void add_capabilities(const CapabilityConfig& can, Json& record) {
  if (Json architecture = architecture_of(can); !architecture.empty()) {
    record["architecture"] = std::move(architecture);
  }
  for (const std::string_view ability : abilities_of(can)) {
    record["capabilities"][std::string(ability)] = true;
  }
  if (can.tools) {
    record["supported_parameters"] = {"tools", "tool_choice"};
  }
  if (can.context > 0) {
    record["context_length"] = can.context;
    record["meta"]["n_ctx"] = can.context;
  }
}

// Clients of llama-swap leave out what does not say that it is a model.
Json about_model(std::string_view listed_id, const route::Model& model) {
  Json about = metadata_of(model.config.metadata);
  if (model.config.capabilities != CapabilityConfig()) {
    // What the record itself says now, nobody shall say otherwise.
    for (const char* key :
         {"architecture", "capabilities", "supported_parameters", "context_length"}) {
      about.erase(key);
    }
  }
  if (model.peer) {
    about["type"] = "peer";
    about["peerID"] = model.peer->config().id;
  } else if (listed_id != model.config.id) {
    about["type"] = "alias";
    about["modelID"] = model.config.id;
  } else {
    about["type"] = "model";
    if (!model.config.aliases.empty()) {
      about["aliases"] = model.config.aliases;
    }
  }
  return about;
}

// The one place where a model becomes JSON; `id` is its own or another name of it.
Json model_record(std::string_view id, const route::Model& model,
                  const route::ModelService& models) {
  Json record = base_record(id);
  add_names(model.config.name, model.config.description, record);
  add_capabilities(model.config.capabilities, record);
  add_about(about_model(id, model), record);
  add_status(model, models, record);
  return record;
}

Json selector_record(const route::Selection& selection, const route::ModelService& models) {
  const SelectorConfig& config = selection.config;
  Json record = base_record(config.id);
  add_names(config.name, config.description, record);
  Json about = metadata_of(config.metadata);
  about["type"] = "selector";
  about["strategy"] = name_of(config.strategy);
  about["targets"] = config.targets;
  if (config.strategy == SelectorStrategy::Spillover) {
    about["spillover"] = config.spillover;
  }
  add_about(std::move(about), record);
  add_status(route::is_loaded(selection, models), record);
  return record;
}

Json pin_record(std::string_view name) {
  Json record = base_record(name);
  add_about({{"type", "profile"}}, record);
  add_status(false, record);
  return record;
}

bool is_listed(std::string_view name, const route::ModelService& models) {
  if (const auto selection = models.selection(name)) {
    return !selection->config.unlisted;
  }
  const auto model = models.find(name);
  return model != nullptr && !model->config.unlisted;
}

void list_selectors(const Call& call, Json& data) {
  const auto& models = call.services.forwarding.models;
  for (const auto& [id, config] : call.settings.config.selectors) {
    const auto selection = models.selection(id);
    if (selection != nullptr && !selection->config.unlisted) {
      data.push_back(selector_record(*selection, models));
    }
  }
}

/// Names that only the active profile gives a meaning.
void list_pins(const Call& call, Json& data) {
  const auto& models = call.services.forwarding.models;
  const auto standing = call.services.profiles.standing();
  const ProfileConfig* active = standing.active_profile();
  if (active == nullptr) {
    return;
  }
  for (const auto& [name, target] : active->pins) {
    const bool is_known = models.find(name) != nullptr || models.selection(name) != nullptr;
    if (!target.empty() && !is_known && is_listed(target, models)) {
      data.push_back(pin_record(name));
    }
  }
}

/// As llama.cpp's router looks for models anew. Who may not reload may not do it this way.
Result<void> reload_for_list(Call& call) {
  if (auto allowed = check_caller(call, Role::Admin); !allowed) {
    return allowed;
  }
  const auto reloaded = reload_config(call);
  return reloaded ? Result<void>() : reloaded.error();
}

Answer json_answer(const Json& json, const wire::RequestHead& head) {
  auto text = json.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
  auto answer = text_answer(200, JsonText, std::move(text));
  echo_origin(head, answer);
  return answer;
}

}  // namespace

Result<Answer> list_models(Call& call) {
  if (route::query_has(call.request.head.target, "reload", "1")) {
    if (auto reloaded = reload_for_list(call); !reloaded) {
      return reloaded.error();
    }
  }
  const auto& services = call.services;
  const auto& models = services.forwarding.models;
  Json data = Json::array();
  for (const auto& model : models.list()) {
    if (model->config.unlisted) {
      continue;
    }
    data.push_back(model_record(model->config.id, *model, models));
    if (!call.settings.config.include_aliases_in_list) {
      continue;
    }
    for (const auto& alias : model->config.aliases) {
      if (!trimmed(alias).empty()) {
        data.push_back(model_record(alias, *model, models));
      }
    }
  }
  list_selectors(call, data);
  list_pins(call, data);
  std::sort(data.begin(), data.end(),
            [](const Json& a, const Json& b) { return a.at("id") < b.at("id"); });
  return json_answer({{"object", "list"}, {"data", std::move(data)}}, call.request.head);
}

Result<Answer> show_model(Call& call) {
  const auto& models = call.services.forwarding.models;
  const auto id = percent_decoded(call.rest());
  if (!id) {
    return Error{ErrorCode::NotFound, "model not found"};
  }
  const auto selection = models.selection(*id);
  if (selection != nullptr && !selection->config.id.empty()) {
    return json_answer(selector_record(*selection, models), call.request.head);
  }
  const auto model = models.find(*id);
  if (model == nullptr) {
    return unknown_model("model not found", *id, models);
  }
  return json_answer(model_record(*id, *model, models), call.request.head);
}

}  // namespace llmsnap::api
