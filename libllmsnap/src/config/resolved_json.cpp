#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "base/placeholder.h"
#include "config/macros.h"
#include "config/masked_command.h"
#include "config/masked_text.h"
#include "config/model_groups.h"
#include "config/option_names.h"
#include "config/ports.h"
#include "config/resolved_with.h"
#include "config/secret_names.h"
#include "llmsnap/config.h"

namespace llmsnap {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<std::string_view, 1> PidOnly{PidPlaceholder};

/// The model's texts about its process, as a config has to write them. The port is filled in, but
/// where each instance has its own.
std::string shown_process_text(const ModelConfig& model, std::string_view text) {
  return model.instances > 1 ? written_text(text, PortAndPid)
                             : written_text(with_port(text, model.port), PidOnly);
}

Json env_of(const ModelConfig& model) {
  Json env = Json::array();
  for (const std::string& item : model.env) {
    env.push_back(masked_word(shown_process_text(model, item)));
  }
  return env;
}

/// The recursion is bounded by MaxYamlDepth.
Json written(Json value) {
  if (value.is_string()) {
    return written_text(value.get_ref<const std::string&>());
  }
  for (Json& part : value) {
    if (part.is_string() || part.is_structured()) {
      part = written(std::move(part));
    }
  }
  return value;
}

Json seconds_of(std::chrono::milliseconds time) {
  return time.count() % 1000 == 0 ? Json(time.count() / 1000)
                                  : Json(static_cast<double>(time.count()) / 1000);
}

Json shown_json(const std::string& json) {
  if (json.empty()) {
    return nullptr;
  }
  Json shown = Json::parse(masked_json(json), nullptr, false);
  return shown.is_discarded() ? Json(Masked) : shown;
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

Json steps_json(const ModelConfig& model, const std::vector<SleepStep>& steps) {
  Json list = Json::array();
  for (const SleepStep& step : steps) {
    list.push_back({{"endpoint", masked_text(shown_process_text(model, step.target))},
                    {"method", step.method},
                    {"body", masked_word(shown_process_text(model, step.body))},
                    {"timeout", seconds_of(step.timeout)}});
  }
  return list;
}

Json text_or_null(std::string text) {
  return text.empty() ? Json(nullptr) : Json(std::move(text));
}

Json modalities_json(const std::vector<Modality>& modalities) {
  Json names = Json::array();
  for (const Modality modality : modalities) {
    names.push_back(llmsnap::name_of(modality));
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

Json timeouts_json(const ConnectionTimeouts& timeouts) {
  return {{"connect", seconds_of(timeouts.connect)},
          {"tlsHandshake", seconds_of(timeouts.tls_handshake)},
          {"responseHeader", seconds_of(timeouts.response_header)},
          {"idle", seconds_of(timeouts.idle)},
          {"keepalive", seconds_of(timeouts.keep_alive)},
          {"idleConn", seconds_of(timeouts.idle_connection)}};
}

/// What no config says so: the words that are run, with the port filled in, and where it belongs.
Json outcome_json(const ModelConfig& model, Json group) {
  return {{"argv", masked_words(with_port(model.cmd, model.port))},
          {"port", model.port == 0 ? Json(nullptr) : Json(model.port)},
          {"group", std::move(group)}};
}

Json process_json(const ModelConfig& model) {
  const auto text = [&model](std::string_view part) { return shown_process_text(model, part); };
  return {{"cmd", text_or_null(masked_command(written_text(model.cmd, PortOnly)))},
          {"env", env_of(model)},
          {"cwd", text_or_null(written_text(model.cwd))},
          {"proxy", masked_text(text(model.proxy))},
          {"checkEndpoint", masked_text(text(model.check_endpoint))},
          {"cmdStop", text_or_null(masked_command(text(model.cmd_stop)))},
          {"sleepMode", model.sleep.enabled ? "enable" : "disable"},
          {"sleepEndpoints", steps_json(model, model.sleep.sleep)},
          {"wakeEndpoints", steps_json(model, model.sleep.wake)}};
}

Json times_json(const ModelConfig& model) {
  const auto& most = model.max_keep_alive;
  return {{"ttl", seconds_of(model.ttl)},
          {"stopAfter", seconds_of(model.stop_after)},
          {"minResidency", seconds_of(model.min_residency)},
          {"maxKeepAlive", most ? seconds_of(*most) : Json(nullptr)},
          {"unloadTimeout", seconds_of(model.unload_timeout)},
          {"healthCheckTimeout", seconds_of(model.health_check_timeout)},
          {"healthCheckInterval", seconds_of(model.health_check_interval)},
          {"maxWait", seconds_of(model.max_wait)},
          {"drainTimeout", seconds_of(model.drain_timeout)},
          {"keepAliveWhileLoading", seconds_of(model.keep_alive_while_loading)},
          {"queue", {{"limit", model.queue_limit}, {"timeout", seconds_of(model.queue_timeout)}}},
          {"timeouts", timeouts_json(model.timeouts)}};
}

Json plain_json(const ModelConfig& model) {
  return {{"aliases", model.aliases},
          {"unlisted", model.unlisted},
          {"name", model.name},
          {"description", model.description},
          {"apiKey", model.api_key.empty() ? std::string_view() : Masked},
          {"useModelName", model.use_model_name},
          {"stopSignal", model.stop_signal},
          {"instances", model.instances},
          {"concurrencyLimit", model.concurrency_limit},
          {"priority", model.priority},
          {"restart", model.restart == RestartPolicy::Never ? "never" : "on-failure"},
          {"sendLoadingState", model.send_loading_state},
          {"compat", {{"ignoreWebsockets", model.ignore_websockets}}},
          {"filters", filters_json(model.filters)},
          {"metadata", shown_json(model.metadata)},
          {"capabilities", capabilities_json(model.capabilities)}};
}

Json model_json(const ModelConfig& model, const Json& group) {
  Json all = outcome_json(model, group);
  all.update(process_json(model));
  all.update(times_json(model));
  all.update(written(plain_json(model)));
  return all;
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

Json peer_json(const PeerConfig& peer) {
  return {{"proxy", masked_text(peer.proxy)},
          {"apiKey", peer.api_key.empty() ? std::string_view() : Masked},
          {"models", peer.models},
          {"filters", filters_json(peer.filters)},
          {"timeouts", timeouts_json(peer.timeouts)}};
}

Json selector_json(const SelectorConfig& selector) {
  return {{"strategy", llmsnap::name_of(selector.strategy)},
          {"targets", selector.target_names.empty() ? selector.targets : selector.target_names},
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

Json limits_json(const Limits& limits) {
  return {{"connections", limits.connections},
          {"head", limits.head},
          {"target", limits.target},
          {"fields", limits.fields},
          {"jsonBody", limits.json_body},
          {"uploadBody", limits.upload_body},
          {"bodiesInFlight", limits.bodies_in_flight},
          {"spool", limits.spool},
          {"headTimeout", seconds_of(limits.head_timeout)},
          {"bodyIdle", seconds_of(limits.body_idle)},
          {"bodyTotal", seconds_of(limits.body_total)},
          {"keepAlive", seconds_of(limits.keep_alive)},
          {"writeIdle", seconds_of(limits.write_idle)}};
}

Json groups_json(const Config& config) {
  Json groups = Json::object();
  for (const GroupConfig& group : groups_of(config)) {
    groups[group.name] = {{"swap", group.swap},
                          {"exclusive", group.exclusive},
                          {"persistent", group.persistent},
                          {"members", group.members}};
  }
  return groups;
}

Json models_json(const Config& config) {
  std::map<std::string, Json> group_of;
  for (const GroupConfig& group : groups_of(config)) {
    for (const std::string& member : group.members) {
      group_of[member] = group.name;
    }
  }
  Json models = Json::object();
  for (const auto& [id, model] : config.models) {
    models[id] = model_json(model, group_of[id]);
  }
  return models;
}

Json server_json(const Config& config) {
  Json keys = Json::array();
  for (const ApiKey& key : config.api_keys) {
    keys.push_back({{"name", key.name},
                    {key.key.empty() ? "sha256" : "key", Masked},
                    {"roles", role_names(key.roles)}});
  }
  return {
      {"listen", config.listen},
      {"apiKeys", std::move(keys)},
      {"allowedHosts", config.allowed_hosts},
      {"trustedProxies", config.trusted_proxies},
      {"limits", limits_json(config.limits)},
      {"ioThreads", config.io_threads},
      {"spoolDir", config.spool_dir},
      {"shutdownTimeout", seconds_of(config.shutdown_timeout)},
      {"logLevel", option_name(config.log_level)},
      {"logTimeFormat", llmsnap::name_of(config.log_time_format)},
      {"accessLog", option_name(config.access_log)},
      {"logToStdout", option_name(config.log_to_stdout)},
      {"logFile", !config.log_file ? Json(nullptr)
                                   : Json({{"path", config.log_file->path},
                                           {"maxSize", config.log_file->max_size},
                                           {"keep", config.log_file->keep}})},
      {"includeAliasesInList", config.include_aliases_in_list},
      {"startPort", config.start_port},
      {"upstream", {{"ignorePaths", config.ignore_paths}, {"sandbox", config.sandbox_upstream}}}};
}

Json recording_json(const RecordingConfig& recording) {
  const std::string& path = recording.store_path;
  return {
      {"metricsMaxInMemory", recording.records_in_memory},
      {"captureBuffer", recording.capture_megabytes},
      {"store", path.empty() ? Json(nullptr)
                             : Json({{"path", path},
                                     {"rows", recording.store_rows},
                                     {"age", seconds_of(recording.store_age)}})},
      {"performance",
       {{"disabled", !recording.watches_machine}, {"every", seconds_of(recording.watch_interval)}}},
      {"ui", {{"activity", {{"session_id", recording.session_headers}}}}}};
}

Json routing_json(const Config& config) {
  return {{"groups", groups_json(config)},
          {"matrix", config.matrix ? matrix_json(*config.matrix) : Json(nullptr)},
          {"peers", each_json(config.peers, peer_json)},
          {"selectors", each_json(config.selectors, selector_json)},
          {"profiles", each_json(config.profiles, profile_json)},
          {"maxLoaded", config.max_loaded},
          {"hooks", {{"on_startup", {{"preload", config.preload}}}}},
          {"idle", config.idle}};
}

Json all_of(const Config& config) {
  Json all{{"models", models_json(config)}};
  all.update(written(routing_json(config)));
  all.update(written(server_json(config)));
  all.update(written(recording_json(config.recording)));
  return all;
}

std::string text_of(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string resolved_json(const Config& config) {
  return text_of(all_of(config));
}

std::string resolved_json_with(const Config& config, std::string_view name, std::string_view json) {
  Json all = all_of(config);
  all[std::string(name)] = Json::parse(json, nullptr, false);
  return text_of(all);
}

}  // namespace llmsnap
