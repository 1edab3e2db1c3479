#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/ascii.h"
#include "base/escape.h"
#include "config/access_section.h"
#include "config/config_sources.h"
#include "config/diagnostics.h"
#include "config/groups_section.h"
#include "config/key_table.h"
#include "config/known_keys.h"
#include "config/limits_section.h"
#include "config/log_file_section.h"
#include "config/macros.h"
#include "config/model_defaults.h"
#include "config/model_section.h"
#include "config/peers_section.h"
#include "config/profiles_section.h"
#include "config/recording_section.h"
#include "config/residency_keys.h"
#include "config/residency_section.h"
#include "config/selectors_section.h"
#include "config/upstream_section.h"
#include "config/yaml_tree.h"
#include "llmsnap/config.h"

namespace llmsnap {
namespace {

constexpr std::int64_t MaxIoThreads = 256;

// What the readers of the top level fill.
struct Loading {
  Config config;
  Macros macros;
  ModelDefaults defaults;
};

std::string folded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c != ' ' && c != '\t') {
      out += ascii::to_lower(c);
    }
  }
  return out;
}

Result<void> read_log_level(const Field& field, Loading& out) {
  std::string text;
  if (auto done = field.read(text); !done) {
    return done;
  }
  const std::string level = folded(text);
  if (level == "debug") {
    out.config.log_level = LogLevel::Debug;
  } else if (level == "warn" || level == "warning") {
    out.config.log_level = LogLevel::Warn;
  } else if (level == "error") {
    out.config.log_level = LogLevel::Error;
  } else if (level != "info") {
    field.warn(fmt::format("unknown level \"{}\", info is used; known: debug, info, warn, error",
                           escaped(text)));
  }
  return {};
}

Result<void> read_log_time_format(const Field& field, Loading& out) {
  std::string text;
  if (auto done = field.read(text); !done) {
    return done;
  }
  const std::string name = folded(text);
  if (const auto format = log_time_format(name)) {
    out.config.log_time_format = *format;
  } else if (!name.empty()) {
    field.warn(fmt::format(
        "unknown format \"{}\", the default is used; known: none, and ansic, rfc3339 and the "
        "other names of Go's formats",
        escaped(text)));
  }
  return {};
}

Result<void> read_access_log(const Field& field, Loading& out) {
  std::string text;
  if (auto done = field.read(text); !done) {
    return done;
  }
  // `off` is a boolean to other YAML readers, so a tool that rewrites files may leave `false`.
  if (text == "text") {
    out.config.access_log = AccessLogFormat::Text;
  } else if (text == "json") {
    out.config.access_log = AccessLogFormat::Json;
  } else if (text == "off" || text == "false") {
    out.config.access_log = AccessLogFormat::Off;
  } else {
    return field.error(fmt::format("expected text, json or off, found \"{}\"", escaped(text)));
  }
  return {};
}

/// `http`, the lines about requests, are lines of the gateway's own.
std::optional<ShownLogs> shown_logs(std::string_view list) {
  if (list == "both" || list == "none") {
    return list == "both" ? ShownLogs::Both : ShownLogs::None;
  }
  bool proxy = false;
  bool upstream = false;
  for (std::size_t at = 0; at <= list.size();) {
    const std::size_t end = std::min(list.find(',', at), list.size());
    const std::string_view name = list.substr(at, end - at);
    if (name != "proxy" && name != "http" && name != "upstream") {
      return std::nullopt;
    }
    (name == "upstream" ? upstream : proxy) = true;
    at = end + 1;
  }
  return proxy && upstream ? ShownLogs::Both : upstream ? ShownLogs::Upstream : ShownLogs::Proxy;
}

Result<void> read_log_to_stdout(const Field& field, Loading& out) {
  std::string text;
  if (auto done = field.read(text); !done) {
    return done;
  }
  const auto chosen = shown_logs(folded(text));
  if (!chosen) {
    return field.error(
        fmt::format("expected both, none, or proxy, upstream and http with commas between, found "
                    "\"{}\"",
                    escaped(text)));
  }
  out.config.log_to_stdout = *chosen;
  return {};
}

Result<void> read_io_threads(const Field& field, Loading& out) {
  std::int64_t threads = 0;
  auto done = field.read_integer(threads, {0, MaxIoThreads});
  out.config.io_threads = static_cast<int>(threads);
  return done;
}

Result<void> read_spool_dir(const Field& field, Loading& out) {
  auto done = field.read(out.config.spool_dir);
  if (done && !out.config.spool_dir.starts_with('/')) {
    return field.error("expected an absolute path");
  }
  return done;
}

Result<void> read_shutdown_timeout(const Field& field, Loading& out) {
  return field.read(out.config.shutdown_timeout);
}

Result<void> read_include_aliases(const Field& field, Loading& out) {
  return field.read(out.config.include_aliases_in_list);
}

Result<void> read_log_requests(const Field& field, Loading&) {
  field.warn("deprecated and without effect, see accessLog");
  return {};
}

Result<void> read_global_concurrency_limit(const Field& field, Loading&) {
  field.warn(
      "no effect in this version: requests in work are bounded for each model, see "
      "concurrencyLimit there; and connections by limits.connections");
  return {};
}

Result<void> read_start_port(const Field& field, Loading& out) {
  std::int64_t port = 0;
  auto done = field.read_integer(port, {1, 65535});
  if (done) {
    out.config.start_port = static_cast<std::uint16_t>(port);
  }
  return done;
}

// What looks at other keys is read after them.
constexpr std::array<KeyRule<Loading>, 9> LateRules{{
    {"models",
     [](const Field& f, Loading& l) { return read_models(f, l.macros, l.defaults, l.config); }},
    {"groups", [](const Field& f, Loading& l) { return read_groups(f, l.config); }},
    {"matrix", [](const Field& f, Loading& l) { return read_top_matrix(f, l.config); }},
    {"routing", [](const Field& f, Loading& l) { return read_routing(f, l.config); }},
    {"peers", [](const Field& f, Loading& l) { return read_peers(f, l.config); }},
    {"selectors", [](const Field& f, Loading& l) { return read_selectors(f, l.config); }},
    {"profiles", [](const Field& f, Loading& l) { return read_profiles(f, l.config); }},
    {"hooks", [](const Field& f, Loading& l) { return read_hooks(f, l.config); }},
    {"idle", [](const Field& f, Loading& l) { return read_idle(f, l.config); }},
}};

// Macros are read before the other keys, whose values they change; the rest that is read elsewhere
// has its place in LateRules.
constexpr std::array<KeyRule<Loading>, 47> TopRules{{
    {"models", read_elsewhere},
    {"macros", read_elsewhere},
    {"groups", read_elsewhere},
    {"routing", read_elsewhere},
    {"apiKeys", [](const Field& f, Loading& l) { return read_api_keys(f, l.config); }},
    {"listen", [](const Field& f, Loading& l) { return read_listen(f, l.config); }},
    {"allowedHosts", [](const Field& f, Loading& l) { return read_allowed_hosts(f, l.config); }},
    {"trustedProxies",
     [](const Field& f, Loading& l) { return read_trusted_proxies(f, l.config); }},
    {"limits", [](const Field& f, Loading& l) { return read_limits(f, l.config); }},
    {"ioThreads", read_io_threads},
    {"spoolDir", read_spool_dir},
    {"shutdownTimeout", read_shutdown_timeout},
    {"logLevel", read_log_level},
    {"accessLog", read_access_log},
    {"includeAliasesInList", read_include_aliases},
    {"logRequests", read_log_requests},
    {"startPort", read_start_port},
    {"healthCheckTimeout",
     [](const Field& f, Loading& l) {
       return read_global_health_check_timeout(f, l.defaults.model);
     }},
    {"unloadTimeout",
     [](const Field& f, Loading& l) { return read_unload_timeout(f, l.defaults.model); }},
    {"queue", [](const Field& f, Loading& l) { return read_queue(f, l.defaults.model); }},
    {"maxWait", [](const Field& f, Loading& l) { return read_max_wait(f, l.defaults.model); }},
    {"drainTimeout",
     [](const Field& f, Loading& l) { return read_drain_timeout(f, l.defaults.model); }},
    {"sleepRequestTimeout",
     [](const Field& f, Loading& l) { return read_step_timeout(f, l.defaults.steps.sleep); }},
    {"wakeRequestTimeout",
     [](const Field& f, Loading& l) { return read_step_timeout(f, l.defaults.steps.wake); }},
    {"globalTTL", [](const Field& f, Loading& l) { return read_global_ttl(f, l.defaults.model); }},
    {"sendLoadingState",
     [](const Field& f, Loading& l) { return read_send_loading_state(f, l.defaults.model); }},
    {"logTimeFormat", read_log_time_format},
    {"logToStdout", read_log_to_stdout},
    {"metricsMaxInMemory",
     [](const Field& f, Loading& l) { return read_metrics_max(f, l.config.recording); }},
    {"captureBuffer",
     [](const Field& f, Loading& l) { return read_capture_buffer(f, l.config.recording); }},
    {"store", [](const Field& f, Loading& l) { return read_store(f, l.config.recording); }},
    {"ui", [](const Field& f, Loading& l) { return read_ui(f, l.config.recording); }},
    {"performance",
     [](const Field& f, Loading& l) { return read_performance(f, l.config.recording); }},
    {"matrix", read_elsewhere},
    {"profiles", read_elsewhere},
    {"selectors", read_elsewhere},
    {"hooks", read_elsewhere},
    {"peers", read_elsewhere},
    {"upstream", [](const Field& f, Loading& l) { return read_upstream(f, l.config); }},
    {"maxLoaded", [](const Field& f, Loading& l) { return read_max_loaded(f, l.config); }},
    {"minResidency",
     [](const Field& f, Loading& l) { return read_min_residency(f, l.defaults.model); }},
    {"idle", read_elsewhere},
    {"keepAliveWhileLoading",
     [](const Field& f, Loading& l) { return read_keep_alive_while_loading(f, l.defaults.model); }},
    {"maxKeepAlive",
     [](const Field& f, Loading& l) { return read_max_keep_alive(f, l.defaults.model); }},
    {"logFile", [](const Field& f, Loading& l) { return read_log_file(f, l.config.log_file); }},
    {"globalConcurrencyLimit", read_global_concurrency_limit},
    {"security", [](const Field& f, Loading& l) { return read_security(f, l.config); }},
}};

Result<void> read_late(const Field& root, Loading& loading) {
  AllDone done(root.diagnostics());
  for (const KeyRule<Loading>& rule : LateRules) {
    if (const std::optional<Field> field = root.child(rule.key)) {
      done.add(rule.read(*field, loading));
    }
  }
  return done.result();
}

// Prepares the tree: takes out what is only a place for anchors, and expands the global macros.
Result<Macros> prepare(YamlNode& root, Diagnostics& diagnostics) {
  std::erase_if(root.members, [](const YamlMember& m) { return m.key.starts_with("x-"); });
  Macros macros;
  if (const YamlNode* declared = root.find("macros")) {
    auto read = read_macros(*declared, "macros", diagnostics);
    if (!read) {
      return read;
    }
    macros = std::move(*read);
  }
  AllDone done(diagnostics);
  for (YamlMember& member : root.members) {
    if (member.key != "models" && member.key != "macros") {
      done.add(expand_macros(member.value, member.key, macros, diagnostics));
    }
  }
  if (auto result = done.result(); !result) {
    return result.error();
  }
  return macros;
}

Result<void> read_root(YamlNode& root, Diagnostics& diagnostics, Loading& loading) {
  if (root.kind == YamlNode::Kind::Null) {
    return {};
  }
  auto macros = prepare(root, diagnostics);
  if (!macros) {
    return macros.error();
  }
  loading.macros = std::move(*macros);
  const Field field = Field::root(root, diagnostics);
  AllDone done(diagnostics);
  done.add(read_section<Loading>(field, TopRules, loading));
  if (field.is_mapping()) {
    done.add(read_late(field, loading));
  }
  return done.result();
}

CheckedConfig check_sources(const std::vector<SourceText>& sources, Diagnostics& diagnostics,
                            const Config* running = nullptr) {
  Loading loading;
  loading.defaults.running = running;
  AllDone done(diagnostics);
  if (auto root = merged_tree(sources, diagnostics)) {
    const bool has_models = running != nullptr && !running->models.empty();
    if (has_models && root->kind == YamlNode::Kind::Null) {
      // As a file is for a moment when an editor writes it in place, or for good on a full disk.
      done.add(diagnostics.error(1, "", "the config is empty: `models: {}` takes all models away"));
    }
    done.add(read_root(*root, diagnostics, loading));
  } else {
    done.add(root.error());
  }
  if (auto result = done.result(); !result) {
    diagnostics.add_first(result.error());
  }
  CheckedConfig checked{std::nullopt, diagnostics.errors(), diagnostics.warnings()};
  if (diagnostics.is_strict()) {
    checked.errors.insert(checked.errors.end(), checked.warnings.begin(), checked.warnings.end());
    checked.warnings.clear();
  }
  if (checked.errors.empty()) {
    loading.config.warnings = checked.warnings;
    checked.config = std::move(loading.config);
  }
  return checked;
}

Result<Config> config_or_error(CheckedConfig checked) {
  if (checked.config) {
    return std::move(*checked.config);
  }
  std::string message = checked.errors.front();
  if (const std::size_t others = checked.errors.size() - 1; others > 0) {
    message += fmt::format(" (and {} more error{}: --check-config tells all)", others,
                           others == 1 ? "" : "s");
  }
  return Error{ErrorCode::InvalidConfig, std::move(message)};
}

}  // namespace

CheckedConfig check_config(const ConfigSources& sources, Warnings on_warning, const Config* running,
                           const std::stop_token& stop) {
  const auto texts = read_sources(sources, stop);
  if (!texts) {
    return {std::nullopt, {texts.error().message}, {}};
  }
  Diagnostics diagnostics(on_warning);
  return check_sources(*texts, diagnostics, running);
}

Result<Config> load_config(const std::string& path, Warnings on_warning) {
  return config_or_error(check_config({path, {}}, on_warning));
}

Result<Config> parse_config(std::string_view text, std::string_view name, Warnings on_warning) {
  Diagnostics diagnostics(on_warning);
  return config_or_error(check_sources({{std::string(name), std::string(text)}}, diagnostics));
}

KnownKeys known_keys_of(std::string_view text) {
  Diagnostics diagnostics(Warnings::Told);
  check_sources({{"config", std::string(text)}}, diagnostics);
  return diagnostics.known_keys();
}

}  // namespace llmsnap
