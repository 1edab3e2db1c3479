#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/placeholder.h"
#include "config/masked_command.h"
#include "config/masked_text.h"
#include "config/model_groups.h"
#include "config/secret_names.h"
#include "llmsnap/config.h"

namespace llmsnap {
namespace {

using Json = nlohmann::ordered_json;

Json env_of(const ModelConfig& model) {
  Json env = Json::array();
  for (const std::string& item : model.env) {
    env.push_back(masked_word(with_port(item, model.port)));
  }
  return env;
}

Json seconds_of(std::chrono::milliseconds time) {
  return time.count() % 1000 == 0 ? Json(time.count() / 1000)
                                  : Json(static_cast<double>(time.count()) / 1000);
}

Json shown_json(const std::string& json) {
  return json.empty() ? Json(nullptr) : Json::parse(masked_json(json), nullptr, false);
}

/// A path names what its end stands for, and each of its keys what is below.
bool leads_to_secret(std::string_view path) {
  while (!path.empty()) {
    const std::string_view key = path.substr(0, path.find('.'));
    if (names_secret(key)) {
      return true;
    }
    path.remove_prefix(std::min(key.size() + 1, path.size()));
  }
  return false;
}

Json params_json(const std::vector<SetParam>& params) {
  Json object = Json::object();
  for (const SetParam& param : params) {
    object[param.path + (param.if_absent ? "?" : "")] =
        leads_to_secret(param.path) ? Json(Masked) : shown_json(param.json);
  }
  return object;
}

Json filters_json(const FilterConfig& filters) {
  Json by_id = Json::object();
  for (const auto& [name, params] : filters.set_params_by_id) {
    by_id[name] = params_json(params);
  }
  return {{"stripParams", filters.strip_params},
          {"setParams", params_json(filters.set_params)},
          {"setParamsByID", std::move(by_id)}};
}

Json steps_json(const std::vector<SleepStep>& steps, std::uint16_t port) {
  Json list = Json::array();
  for (const SleepStep& step : steps) {
    list.push_back({{"endpoint", masked_text(with_port(step.target, port))},
                    {"method", step.method},
                    {"body", masked_word(with_port(step.body, port))},
                    {"timeout", seconds_of(step.timeout)}});
  }
  return list;
}

Json sleep_json(const ModelConfig& model) {
  if (!model.sleep.enabled) {
    return nullptr;
  }
  return {{"sleepEndpoints", steps_json(model.sleep.sleep, model.port)},
          {"wakeEndpoints", steps_json(model.sleep.wake, model.port)}};
}

Json modalities_json(const std::vector<Modality>& modalities) {
  Json names = Json::array();
  for (const Modality modality : modalities) {
    names.push_back(name_of(modality));
  }
  return names;
}

Json capabilities_json(const CapabilityConfig& capabilities) {
  return {{"in", modalities_json(capabilities.in)},
          {"out", modalities_json(capabilities.out)},
          {"tools", capabilities.tools},
          {"reranker", capabilities.reranker},
          {"context", capabilities.context}};
}

Json model_json(const ModelConfig& model, const Json& group) {
  return {{"argv", masked_words(with_port(model.cmd, model.port))},
          {"env", env_of(model)},
          {"cwd", model.cwd},
          {"port", model.port == 0 ? Json(nullptr) : Json(model.port)},
          {"proxy", masked_text(proxy_url(model))},
          {"checkEndpoint", masked_text(with_port(model.check_endpoint, model.port))},
          {"cmdStop", masked_command(with_port(model.cmd_stop, model.port))},
          {"group", group},
          {"aliases", model.aliases},
          {"unlisted", model.unlisted},
          {"name", model.name},
          {"description", model.description},
          {"useModelName", model.use_model_name},
          {"ttl", seconds_of(model.ttl)},
          {"stopAfter", seconds_of(model.stop_after)},
          {"unloadTimeout", seconds_of(model.unload_timeout)},
          {"healthCheckTimeout", seconds_of(model.health_check_timeout)},
          {"healthCheckInterval", seconds_of(model.health_check_interval)},
          {"concurrencyLimit", model.concurrency_limit},
          {"priority", model.priority},
          {"filters", filters_json(model.filters)},
          {"sleep", sleep_json(model)},
          {"metadata", shown_json(model.metadata)},
          {"capabilities", capabilities_json(model.capabilities)}};
}

/// The groups as they hold, `(default)` among them; with a matrix there are none.
std::vector<GroupConfig> groups_of(const Config& config) {
  return config.matrix ? std::vector<GroupConfig>() : groups_with_default(config);
}

Json matrix_json(const MatrixConfig& matrix) {
  Json vars = Json::object();
  for (const auto& [name, model] : matrix.vars) {
    vars[name] = model;
  }
  Json sets = Json::object();
  for (const MatrixSet& set : matrix.sets) {
    sets[set.name] = set.expression;
  }
  return {
      {"vars", std::move(vars)}, {"evict_costs", matrix.evict_costs}, {"sets", std::move(sets)}};
}

Json timeouts_json(const ConnectionTimeouts& timeouts) {
  return {{"connect", seconds_of(timeouts.connect)},
          {"tlsHandshake", seconds_of(timeouts.tls_handshake)},
          {"responseHeader", seconds_of(timeouts.response_header)},
          {"idle", seconds_of(timeouts.idle)},
          {"keepalive", seconds_of(timeouts.keep_alive)},
          {"idleConn", seconds_of(timeouts.idle_connection)}};
}

Json peer_json(const PeerConfig& peer) {
  return {{"proxy", masked_text(peer.proxy)},
          {"apiKey", peer.api_key.empty() ? std::string_view() : Masked},
          {"models", peer.models},
          {"filters", filters_json(peer.filters)},
          {"timeouts", timeouts_json(peer.timeouts)}};
}

Json selector_json(const SelectorConfig& selector) {
  return {{"strategy", name_of(selector.strategy)},
          {"targets", selector.targets},
          {"settings", {{"spillover", selector.spillover}}},
          {"name", selector.name},
          {"description", selector.description},
          {"unlisted", selector.unlisted},
          {"metadata", shown_json(selector.metadata)}};
}

/// A pin that finds nothing is null.
Json profile_json(const ProfileConfig& profile) {
  Json pins = Json::object();
  for (const auto& [name, target] : profile.pins) {
    pins[name] = target.empty() ? Json(nullptr) : Json(target);
  }
  return {{"description", profile.description}, {"pins", std::move(pins)}};
}

template <typename T>
Json each_json(const std::map<std::string, T>& things, Json (*one)(const T& thing)) {
  Json all = Json::object();
  for (const auto& [name, thing] : things) {
    all[name] = one(thing);
  }
  return all;
}

}  // namespace

std::string resolved_json(const Config& config) {
  std::map<std::string, Json> group_of;
  Json groups = Json::object();
  for (const GroupConfig& group : groups_of(config)) {
    groups[group.name] = {{"swap", group.swap},
                          {"exclusive", group.exclusive},
                          {"persistent", group.persistent},
                          {"members", group.members}};
    for (const std::string& member : group.members) {
      group_of[member] = group.name;
    }
  }
  Json models = Json::object();
  for (const auto& [id, model] : config.models) {
    models[id] = model_json(model, group_of[id]);
  }
  Json keys = Json::array();
  for (const ApiKey& key : config.api_keys) {
    keys.push_back({{"name", key.name}, {"key", Masked}});
  }
  const Json all = {{"models", std::move(models)},
                    {"groups", std::move(groups)},
                    {"matrix", config.matrix ? matrix_json(*config.matrix) : Json(nullptr)},
                    {"peers", each_json(config.peers, peer_json)},
                    {"selectors", each_json(config.selectors, selector_json)},
                    {"profiles", each_json(config.profiles, profile_json)},
                    {"maxLoaded", config.max_loaded},
                    {"preload", config.preload},
                    {"idle", config.idle},
                    {"apiKeys", std::move(keys)}};
  return all.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace llmsnap
