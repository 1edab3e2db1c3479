#include "config/model_section.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "base/escape.h"
#include "base/url.h"
#include "config/key_table.h"

namespace llmsnap {
namespace {

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

Result<void> read_proxy(const Field& field, ModelConfig& model) {
  if (field.node().text.find("${PORT}") != std::string::npos) {
    return field.error(
        "${PORT} needs a process, and this version starts none: set proxy to the URL of a running "
        "server");
  }
  if (auto done = field.read(model.proxy); !done) {
    return done;
  }
  const auto url = parse_url(model.proxy);
  if (!url) {
    return field.error(url.error().message);
  }
  if (url->base_path.ends_with("/v1")) {
    field.warn(
        "requests keep their path, so that /v1/models becomes /v1/v1/models: most servers want the "
        "URL without /v1");
  }
  return {};
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
    {"cmd", not_supported_yet},
    {"cmdStop", not_supported_yet},
    {"env", not_supported_yet},
    {"checkEndpoint", not_supported_yet},
    {"ttl", not_supported_yet},
    {"unloadTimeout", not_supported_yet},
    {"concurrencyLimit", not_supported_yet},
    {"filters", not_supported_yet},
    {"metadata", not_supported_yet},
    {"sendLoadingState", not_supported_yet},
    {"sleepMode", not_supported_yet},
    {"sleepEndpoints", not_supported_yet},
    {"wakeEndpoints", not_supported_yet},
    {"compat", not_supported_yet},
    {"capabilities", not_supported_yet},
    {"healthCheckTimeout", not_supported_yet},
    {"healthCheckInterval", not_supported_yet},
    {"cwd", not_supported_yet},
    {"stopSignal", not_supported_yet},
    {"instances", not_supported_yet},
    {"priority", not_supported_yet},
    {"restart", not_supported_yet},
    {"sleep", not_supported_yet},
    {"stopAfter", not_supported_yet},
    {"queue", not_supported_yet},
    {"maxWait", not_supported_yet},
    {"drainTimeout", not_supported_yet},
    {"minResidency", not_supported_yet},
    {"keepAliveWhileLoading", not_supported_yet},
    {"maxKeepAlive", not_supported_yet},
}};

Result<void> require_proxy(const Field& field, const ModelConfig& model) {
  if (!model.proxy.empty()) {
    return {};
  }
  return field.error(
      field.node().find("cmd") != nullptr
          ? "cmd alone is not enough: this version starts no processes and needs a running server, "
            "set proxy to its URL"
          : "proxy is required: set it to the URL of a running server");
}

Result<ModelConfig> read_model(const YamlMember& member, const Field& models,
                               const Macros& global) {
  const Field place = models.entry(member);
  ModelConfig model;
  model.id = member.key;
  if (model.id.empty() || has_control_byte(model.id)) {
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
  if (auto done = expand_macros(expanded.value, place.path(),
                                macros_of_model(model.id, global, own), place.diagnostics());
      !done) {
    return done.error();
  }
  const Field field = models.entry(expanded);
  if (auto done = read_section<ModelConfig>(field, ModelRules, model); !done) {
    return done.error();
  }
  if (auto done = require_proxy(field, model); !done) {
    return done.error();
  }
  return model;
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

Result<void> read_models(const Field& section, const Macros& global, Config& out) {
  if (auto mapping = section.expect_mapping(); !mapping) {
    return mapping;
  }
  for (const YamlMember& member : section.node().members) {
    auto model = read_model(member, section, global);
    if (!model) {
      return model.error();
    }
    out.models.emplace(member.key, std::move(*model));
  }
  return check_aliases(section, out);
}

}  // namespace llmsnap
