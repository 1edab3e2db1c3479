#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>

#include "api/call.h"
#include "api/cors.h"
#include "api/handlers.h"
#include "api/text_body.h"

namespace llmsnap::api {
namespace {

using Json = nlohmann::ordered_json;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view WhiteSpace = " \t\r\n\v\f";
  const auto begin = text.find_first_not_of(WhiteSpace);
  if (begin == std::string_view::npos) {
    return {};
  }
  return text.substr(begin, text.find_last_not_of(WhiteSpace) - begin + 1);
}

// What the references' clients look for under meta; nothing for a model about which there is
// nothing to say.
Json meta_of(std::string_view listed_id, const ModelConfig& model) {
  if (listed_id != model.id) {
    return {{"llamaswap", {{"type", "alias"}, {"modelID", model.id}}}};
  }
  if (model.aliases.empty()) {
    return {};
  }
  return {{"llamaswap", {{"type", "model"}, {"aliases", model.aliases}}}};
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

int hex_value(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// Absent where an escape is broken.
std::optional<std::string> unescaped(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      plain += text[i];
      continue;
    }
    if (text.size() - i < 3 || hex_value(text[i + 1]) < 0 || hex_value(text[i + 2]) < 0) {
      return std::nullopt;
    }
    plain += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
    i += 2;
  }
  return plain;
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
    if (!services.config.include_aliases_in_list) {
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
  const auto id = unescaped(call.request.head.path.substr(call.route.path.size()));
  const auto model = id ? models.find(*id) : nullptr;
  if (model == nullptr) {
    return Error{ErrorCode::NotFound, "model not found"};
  }
  return json_answer(model_record(*id, *model, models), call.request.head);
}

}  // namespace llmsnap::api
