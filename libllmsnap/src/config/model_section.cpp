#include "config/model_section.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <span>

#include "base/escape.h"
#include "config/access_section.h"
#include "config/capabilities_section.h"
#include "config/filters_section.h"
#include "config/key_table.h"
#include "config/listing_keys.h"
#include "config/model_names.h"
#include "config/name_text.h"
#include "config/ports.h"
#include "config/process_keys.h"
#include "config/residency_keys.h"
#include "config/timeouts_section.h"

namespace llmsnap {
namespace {

/// More of them fit into no gate's word, and no model serves so many.
constexpr std::int64_t MaxConcurrency = 10'000;

Result<void> read_aliases(const Field& field, ModelConfig& model) {
  if (auto given = field.expect_texts(); !given) {
    return given;
  }
  AllDone done(field.diagnostics());
  for (const Field& alias : field.texts()) {
    done.add(read_name(alias, model.aliases.emplace_back()));
  }
  return done.result();
}

Result<void> read_instances(const Field& field, ModelConfig& model) {
  std::int64_t instances = 0;
  auto done = field.read_integer(instances, {1, static_cast<std::int64_t>(MostInstances)});
  if (done) {
    model.instances = static_cast<std::size_t>(instances);
  }
  return done;
}

Result<void> read_concurrency_limit(const Field& field, ModelConfig& model) {
  std::int64_t limit = 0;
  auto done = field.read_integer(limit, AnyNumber);
  if (done && limit > MaxConcurrency) {
    field.warn(fmt::format("{} is taken as {}, the most there is", limit, MaxConcurrency));
    limit = MaxConcurrency;
  }
  if (done && limit < 0) {
    field.warn(fmt::format("{} is taken as 0, which means the default", limit));
  }
  if (done && limit > 0) {
    model.concurrency_limit = static_cast<std::size_t>(limit);
  }
  return done;
}

constexpr std::array<KeyRule<ModelConfig>, 1> CompatRules{{
    {"ignoreWebsockets",
     [](const Field& f, ModelConfig& m) { return f.read(m.ignore_websockets); }},
}};

Result<void> read_compat(const Field& section, ModelConfig& model) {
  return read_section<ModelConfig>(section, CompatRules, model);
}

// Macros are read before everything else in the model, whose values they change; what sleep means
// is spread over several keys.
constexpr std::array<KeyRule<ModelConfig>, 39> ModelRules{{
    {"proxy", read_proxy},
    {"aliases", read_aliases},
    {"unlisted", [](const Field& f, ModelConfig& m) { return f.read(m.unlisted); }},
    {"name", [](const Field& f, ModelConfig& m) { return f.read(m.name); }},
    {"description", [](const Field& f, ModelConfig& m) { return f.read(m.description); }},
    {"apiKey", [](const Field& f, ModelConfig& m) { return read_server_key(f, m.api_key); }},
    {"useModelName", [](const Field& f, ModelConfig& m) { return f.read(m.use_model_name); }},
    {"timeouts", [](const Field& f, ModelConfig& m) { return read_timeouts(f, m.timeouts); }},
    {"macros", read_elsewhere},
    {"cmd", read_cmd},
    {"cmdStop", read_cmd_stop},
    {"env", read_env},
    {"checkEndpoint", read_check_endpoint},
    {"unloadTimeout", read_unload_timeout},
    {"concurrencyLimit", read_concurrency_limit},
    {"healthCheckTimeout", read_health_check_timeout},
    {"cwd", read_cwd},
    {"stopSignal", read_stop_signal},
    {"queue", read_queue},
    {"maxWait", read_max_wait},
    {"drainTimeout", read_drain_timeout},
    {"ttl", read_ttl},
    {"filters", [](const Field& f, ModelConfig& m) { return read_filters(f, m.filters); }},
    {"metadata", [](const Field& f, ModelConfig& m) { return read_metadata(f, m.metadata); }},
    {"sendLoadingState", read_send_loading_state},
    {"sleepMode", read_elsewhere},
    {"sleepEndpoints", read_elsewhere},
    {"wakeEndpoints", read_elsewhere},
    {"compat", read_compat},
    {"capabilities",
     [](const Field& f, ModelConfig& m) { return read_capabilities(f, m.capabilities); }},
    {"healthCheckInterval", read_health_check_interval},
    {"instances", read_instances},
    {"priority", read_priority},
    {"restart", read_restart},
    {"sleep", read_elsewhere},
    {"stopAfter", read_stop_after},
    {"minResidency", read_min_residency},
    {"keepAliveWhileLoading", read_keep_alive_while_loading},
    {"maxKeepAlive", read_max_keep_alive},
}};

void drop_comment_lines(YamlNode& model) {
  for (YamlMember& key : model.members) {
    if (key.key == "cmd" || key.key == "cmdStop") {
      key.value.text = without_comment_lines(key.value.text);
    }
  }
}

/// The names of `filters.setParamsByID`, with what belongs to them.
std::span<YamlMember> filter_names(YamlNode& model) {
  YamlNode* filters = model.find("filters");
  YamlNode* by_id = filters != nullptr ? filters->find("setParamsByID") : nullptr;
  return by_id != nullptr ? std::span(by_id->members) : std::span<YamlMember>();
}

/// They are the only keys in which macros are expanded.
Result<void> expand_filter_names(YamlNode& model, const Field& place, const Macros& macros) {
  for (YamlMember& member : filter_names(model)) {
    YamlNode name;
    name.kind = YamlNode::Kind::Scalar;
    name.line = member.line;
    name.text = member.key;
    const std::string path = place.path() + ".filters.setParamsByID";
    if (auto done = expand_macros(name, path, macros, place.diagnostics()); !done) {
      return done;
    }
    member.key = name.text;
  }
  return {};
}

Result<void> check_filter_names(YamlNode& model, const Field& place) {
  AllDone done(place.diagnostics());
  for (const YamlMember& member : filter_names(model)) {
    if (const auto name = leftover_placeholder(member.key)) {
      done.add(place.diagnostics().error(member.line, place.path() + ".filters.setParamsByID",
                                         fmt::format("unknown macro '${{{}}}' found in the name {}",
                                                     escaped(*name), escaped(member.key))));
    }
  }
  return done.result();
}

// The entry with all macros expanded but those that a process is started with.
Result<YamlMember> expanded_entry(const YamlMember& member, const Field& models,
                                  const Macros& global) {
  const Field place = models.entry(member);
  if (member.key.empty() || has_control_byte(member.key)) {
    return place.error("a model's id must not be empty or hold control characters");
  }
  if (auto mapping = place.expect_mapping(); !mapping) {
    return mapping.error();
  }
  Macros own;
  if (const YamlNode* declared = member.value.find("macros")) {
    auto read = read_macros(*declared, place.path() + ".macros", place.diagnostics());
    if (!read) {
      return read.error();
    }
    own = std::move(*read);
  }
  YamlMember expanded = member;
  // Before the expansion, so that what a comment mentions needs no value; and after it, as the
  // values of macros may bring comment lines of their own.
  drop_comment_lines(expanded.value);
  const Macros macros = macros_of_model(member.key, global, own);
  if (auto done = expand_macros(expanded.value, place.path(), macros, place.diagnostics()); !done) {
    return done.error();
  }
  if (auto done = expand_filter_names(expanded.value, place, macros); !done) {
    return done.error();
  }
  drop_comment_lines(expanded.value);
  return expanded;
}

Result<void> read_model(YamlMember& expanded, const Field& models, const Ports& ports,
                        const StepTimeouts& timeouts, ModelConfig& model) {
  model.id = expanded.key;
  const Field field = models.entry(expanded);
  if (const auto port = ports.find(model.id); port != ports.end()) {
    model.port = port->second;
    const Macros macros = port_macros(model.port);
    if (auto done = expand_port(expanded.value, field, macros); !done) {
      return done;
    }
    if (auto done = expand_filter_names(expanded.value, field, macros); !done) {
      return done;
    }
  }
  AllDone done(field.diagnostics());
  done.add(check_filter_names(expanded.value, field));
  done.add(read_section<ModelConfig>(field, ModelRules, model));
  done.add(read_sleep(field, timeouts, model));
  if (done) {
    done.add(complete_process(field, model));
    warn_without_effect(field, model);
  }
  return done.result();
}

/// Each name of `setParamsByID` is one under which requests may come.
void add_filter_aliases(ModelConfig& model) {
  for (const auto& [name, params] : model.filters.set_params_by_id) {
    if (!has_name(model, name)) {
      model.aliases.push_back(name);
    }
  }
}

// An alias that is also an id only never takes effect; one that comes from a filter would have its
// filter never used.
Result<void> check_alias(const Field& field, const Config& config, const ModelConfig& model,
                         std::string_view alias) {
  if (alias == model.id || !config.models.contains(std::string(alias))) {
    return {};
  }
  if (model.filters.set_params_by_id.contains(std::string(alias))) {
    return field.error(fmt::format("filters.setParamsByID: {} conflicts with an existing model ID",
                                   escaped(alias)));
  }
  field.warn(fmt::format("alias {} is also the id of a model, which wins", escaped(alias)));
  return {};
}

Result<void> check_aliases(const Field& section, const Config& config) {
  AllDone done(section.diagnostics());
  std::map<std::string, std::string> owner_of;
  for (const YamlMember& member : section.node().members) {
    const auto found = config.models.find(member.key);
    if (found == config.models.end()) {
      continue;
    }
    const Field field = section.entry(member);
    for (const std::string& alias : found->second.aliases) {
      const auto [owner, is_new] = owner_of.emplace(alias, member.key);
      if (!is_new) {
        done.add(field.error(fmt::format("duplicate alias {} found in model: {}", escaped(alias),
                                         escaped(owner->second))));
      } else {
        done.add(check_alias(field, config, found->second, alias));
      }
    }
  }
  return done.result();
}

/// Its pages keep sockets open and load many files at once.
void suit_comfyui(ModelConfig& model) {
  constexpr std::size_t FilesOfPage = 50;
  const bool is_limited = model.concurrency_limit > 0;
  model.concurrency_limit = is_limited ? std::max(model.concurrency_limit, FilesOfPage) : 0;
  model.ignore_websockets = true;
}

/// A model that never fits whole would push everybody out for nothing.
Result<void> check_room(const Field& field, const Config& config, const ModelConfig& model) {
  if (config.max_loaded == 0 || model.instances <= config.max_loaded) {
    return {};
  }
  return field.error(fmt::format("{} instances, and maxLoaded is {}: it never fits",
                                 model.instances, config.max_loaded));
}

}  // namespace

Result<void> read_models(const Field& section, const Macros& global, const ModelDefaults& defaults,
                         Config& out) {
  if (auto mapping = section.expect_mapping(); !mapping) {
    return mapping;
  }
  AllDone done(section.diagnostics());
  std::vector<YamlMember> expanded;
  for (const YamlMember& member : section.node().members) {
    auto entry = expanded_entry(member, section, global);
    if (entry) {
      expanded.push_back(std::move(*entry));
    } else {
      done.add(entry.error());
    }
  }
  const auto ports = assign_ports(section, expanded, out.start_port, defaults.running);
  if (!ports) {
    done.add(ports.error());
    return done.result();
  }
  for (YamlMember& member : expanded) {
    ModelConfig model = defaults.model;
    done.add(read_model(member, section, *ports, defaults.steps, model));
    done.add(check_room(section.entry(member), out, model));
    model.concurrency_limit = concurrency_limit_of(model);
    if (model.id == ComfyUiModel) {
      suit_comfyui(model);
    }
    add_filter_aliases(model);
    out.models.emplace(member.key, std::move(model));
  }
  done.add(check_aliases(section, out));
  return done.result();
}

}  // namespace llmsnap
