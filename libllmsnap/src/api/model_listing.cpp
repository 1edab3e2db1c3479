#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>

#include "api/call.h"
#include "api/cors.h"
#include "api/handlers.h"
#include "api/text_body.h"
#include "base/ascii.h"
#include "base/hex.h"

namespace llmsnap::api {
namespace {

using Json = nlohmann::ordered_json;

std::string_view trimmed(std::string_view text) {
  return ascii::trimmed(text, ascii::is_space);
}

// What the references' clients look for under meta, and the config's own metadata; nothing for a
// model about which there is nothing to say.
Json meta_of(std::string_view listed_id, const ModelConfig& model) {
  Json about =
      model.metadata.empty() ? Json::object() : Json::parse(model.metadata, nullptr, false);
  if (!about.is_object()) {
    about = Json::object();  // of a config that was made by hand
  }
  if (listed_id != model.id) {
    about["type"] = "alias";
    about["modelID"] = model.id;
  } else if (!model.aliases.empty()) {
    about["type"] = "model";
    about["aliases"] = model.aliases;
  }
  return about.empty() ? Json() : Json{{"llamaswap", std::move(about)}};
}

// The one place where a model becomes JSON; `id` is its own or one of its aliases.
Json model_record(std::string_view id, const route::Model& model,
                  const route::ModelService& models) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  Json record = {
      {"id", id},
      {"object", "model"},
      {"created", std::chrono::duration_cast<std::chrono::seconds>(now).count()},
      {"owned_by", "llmsnap"},
  };
  if (const auto name = trimmed(model.config.name); !name.empty()) {
    record["name"] = name;
  }
  if (const auto description = trimmed(model.config.description); !description.empty()) {
    record["description"] = description;
  }
  if (auto meta = meta_of(id, model.config); !meta.empty()) {
    record["meta"] = std::move(meta);
  }
  record["status"] = {{"value", models.is_ready(model) ? "loaded" : "unloaded"}};
  return record;
}

Answer json_answer(const Json& json, const wire::RequestHead& head) {
  auto text = json.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
  auto answer = text_answer(200, JsonText, std::move(text));
  echo_origin(head, answer);
  return answer;
}

}  // namespace

Result<Answer> list_models(Call& call) {
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
  std::sort(data.begin(), data.end(),
            [](const Json& a, const Json& b) { return a.at("id") < b.at("id"); });
  return json_answer({{"object", "list"}, {"data", std::move(data)}}, call.request.head);
}

Result<Answer> show_model(Call& call) {
  const auto& models = call.services.forwarding.models;
  const auto id = percent_decoded(call.request.head.path.substr(call.route.path.size()));
  const auto model = id ? models.find(*id) : nullptr;
  if (model == nullptr) {
    return Error{ErrorCode::NotFound, "model not found"};
  }
  return json_answer(model_record(*id, *model, models), call.request.head);
}

}  // namespace llmsnap::api
