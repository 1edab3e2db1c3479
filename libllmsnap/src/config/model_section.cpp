#include "config/model_section.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "base/escape.h"
#include "config/key_table.h"
#include "config/model_defaults.h"
#include "config/ports.h"
#include "config/process_keys.h"

namespace llmsnap {
namespace {

constexpr std::int64_t MaxConcurrency = 10'000;

bool has_control_byte(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7F;
  });
}

Result<void> read_name(const Field& field, std::string& out) {
  auto done = field.read(out);
  if (done && (out.empty() || has_control_byte(out))) {
    return field.error("a name must not be empty or hold control characters");
  }
  return done;
}

Result<void> read_aliases(const Field& field, ModelConfig& model) {
  if (field.node().kind == YamlNode::Kind::Scalar) {
    return read_name(field, model.aliases.emplace_back());
  }
  if (auto list = field.expect_list(); !list) {
    return list;
  }
  for (std::size_t index = 0; index < field.node().items.size(); ++index) {
    if (auto done = read_name(field.item(index), model.aliases.emplace_back()); !done) {
      return done;
    }
  }
  return {};
}

Result<void> read_concurrency_limit(const Field& field, ModelConfig& model) {
  std::int64_t limit = 0;
  auto done = field.read_integer(limit, {0, MaxConcurrency});
  if (done && limit > 0) {
    model.concurrency_limit = static_cast<std::size_t>(limit);
  }
  return done;
}

constexpr std::array<KeyRule<ModelConfig>, 7> TimeoutRules{{
    {"connect", [](const Field& f, ModelConfig& m) { return f.read(m.connect_timeout); }},
    {"responseHeader",
     [](const Field& f, ModelConfig& m) { return f.read(m.response_header_timeout); }},
    {"idle", [](const Field& f, ModelConfig& m) { return f.read(m.idle_timeout); }},
    {"keepalive", not_supported_yet},
    {"tlsHandshake", not_supported_yet},
    {"expectContinue", not_supported_yet},
    {"idleConn", not_supported_yet},
}};

Result<void> read_timeouts(const Field& field, ModelConfig& model) {
  return read_section<ModelConfig>(field, TimeoutRules, model);
}

// Read before everything else in the model: macros change the other values.
Result<void> already_read(const Field&, ModelConfig&) {
  return {};
}

constexpr std::array<KeyRule<ModelConfig>, 38> ModelRules{{
    {"proxy", read_proxy},
    {"aliases", read_aliases},
    {"unlisted", [](const Field& f, ModelConfig& m) { return f.read(m.unlisted); }},
    {"name", [](const Field& f, ModelConfig& m) { return f.read(m.name); }},
    {"description", [](const Field& f, ModelConfig& m) { return f.read(m.description); }},
    {"useModelName", [](const Field& f, ModelConfig& m) { return f.read(m.use_model_name); }},
    {"timeouts", read_timeouts},
    {"macros", already_read},
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
    {"ttl", not_supported_yet},
    {"filters", not_supported_yet},
    {"metadata", not_supported_yet},
    {"sendLoadingState", not_supported_yet},
    {"sleepMode", not_supported_yet},
    {"sleepEndpoints", not_supported_yet},
    {"wakeEndpoints", not_supported_yet},
    {"compat", not_supported_yet},
    {"capabilities", not_supported_yet},
    {"healthCheckInterval", not_supported_yet},
    {"instances", not_supported_yet},
    {"priority", not_supported_yet},
    {"restart", not_supported_yet},
    {"sleep", not_supported_yet},
    {"stopAfter", not_supported_yet},
    {"minResidency", not_supported_yet},
    {"keepAliveWhileLoading", not_supported_yet},
    {"maxKeepAlive", not_supported_yet},
}};

void drop_comment_lines(YamlNode& model) {
  for (YamlMember& key : model.members) {
    if (key.key == "cmd" || key.key == "cmdStop") {
      key.value.text = without_comment_lines(key.value.text);
    }
  }
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
  if (auto done = expand_macros(expanded.value, place.path(),
                                macros_of_model(member.key, global, own), place.diagnostics());
      !done) {
    return done.error();
  }
  drop_comment_lines(expanded.value);
  return expanded;
}

Result<void> read_model(YamlMember& expanded, const Field& models, const Ports& ports,
                        ModelConfig& model) {
  model.id = expanded.key;
  const Field field = models.entry(expanded);
  if (const auto port = ports.find(model.id); port != ports.end()) {
    model.port = port->second;
    if (auto done = expand_port(expanded.value, field, model.port); !done) {
      return done;
    }
  }
  if (auto done = read_section<ModelConfig>(field, ModelRules, model); !done) {
    return done;
  }
  return complete_process(field, model);
}

// Duplicates among aliases are errors; an alias that is also an id only never takes effect.
Result<void> check_aliases(const Field& section, const Config& config) {
  std::map<std::string, std::string> owner_of;
  for (const YamlMember& member : section.node().members) {
    const auto found = config.models.find(member.key);
    const Field field = section.entry(member);
    for (const std::string& alias : found->second.aliases) {
      const auto [owner, is_new] = owner_of.emplace(alias, member.key);
      if (!is_new) {
        return field.error(fmt::format("duplicate alias {} found in model: {}", escaped(alias),
                                       escaped(owner->second)));
      }
      if (config.models.contains(alias)) {
        field.warn(fmt::format("alias {} is also the id of a model, which wins", escaped(alias)));
      }
    }
  }
  return {};
}

}  // namespace

Result<void> read_models(const Field& section, const Macros& global, const ModelConfig& defaults,
                         Config& out) {
  if (auto mapping = section.expect_mapping(); !mapping) {
    return mapping;
  }
  std::vector<YamlMember> expanded;
  for (const YamlMember& member : section.node().members) {
    auto entry = expanded_entry(member, section, global);
    if (!entry) {
      return entry.error();
    }
    expanded.push_back(std::move(*entry));
  }
  const auto ports = assign_ports(section, expanded, out.start_port);
  if (!ports) {
    return ports.error();
  }
  for (YamlMember& member : expanded) {
    ModelConfig model = defaults;
    if (auto done = read_model(member, section, *ports, model); !done) {
      return done;
    }
    out.models.emplace(member.key, std::move(model));
  }
  return check_aliases(section, out);
}

}  // namespace llmsnap
