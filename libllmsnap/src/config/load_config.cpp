#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <system_error>

#include "base/ascii.h"
#include "base/escape.h"
#include "config/access_section.h"
#include "config/diagnostics.h"
#include "config/env_substitution.h"
#include "config/groups_section.h"
#include "config/key_table.h"
#include "config/limits_section.h"
#include "config/macros.h"
#include "config/model_defaults.h"
#include "config/model_section.h"
#include "config/yaml_tree.h"
#include "llmsnap/config.h"

namespace llmsnap {
namespace {

constexpr std::size_t MaxFileSize = 16 * 1024 * 1024;
constexpr std::int64_t MaxIoThreads = 256;

// What the readers of the top level fill.
struct Loading {
  Config config;
  Macros macros;
  ModelConfig model_defaults;
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

Result<void> read_log_to_stdout(const Field& field, Loading& out) {
  std::string text;
  if (auto done = field.read(text); !done) {
    return done;
  }
  const std::string chosen = folded(text);
  if (chosen == "proxy") {
    out.config.log_to_stdout = ShownLogs::Proxy;
  } else if (chosen == "upstream") {
    out.config.log_to_stdout = ShownLogs::Upstream;
  } else if (chosen == "both") {
    out.config.log_to_stdout = ShownLogs::Both;
  } else if (chosen == "none") {
    out.config.log_to_stdout = ShownLogs::None;
  } else {
    return field.error(
        fmt::format("expected proxy, upstream, both or none, found \"{}\"", escaped(text)));
  }
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

Result<void> read_start_port(const Field& field, Loading& out) {
  std::int64_t port = 0;
  auto done = field.read_integer(port, {1, 65535});
  if (done) {
    out.config.start_port = static_cast<std::uint16_t>(port);
  }
  return done;
}

// Macros are read before the other keys, whose values they change; what looks at other keys is read
// after them, by LateRules.
Result<void> in_its_turn(const Field&, Loading&) {
  return {};
}

constexpr std::array<KeyRule<Loading>, 3> LateRules{{
    {"models", [](const Field& f,
                  Loading& l) { return read_models(f, l.macros, l.model_defaults, l.config); }},
    {"groups", [](const Field& f, Loading& l) { return read_groups(f, l.config); }},
    {"routing", [](const Field& f, Loading& l) { return read_routing(f, l.config); }},
}};

constexpr std::array<KeyRule<Loading>, 45> TopRules{{
    {"models", in_its_turn},
    {"macros", in_its_turn},
    {"groups", in_its_turn},
    {"routing", in_its_turn},
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
     [](const Field& f, Loading& l) { return read_health_check_timeout(f, l.model_defaults); }},
    {"unloadTimeout",
     [](const Field& f, Loading& l) { return read_unload_timeout(f, l.model_defaults); }},
    {"queue", [](const Field& f, Loading& l) { return read_queue(f, l.model_defaults); }},
    {"maxWait", [](const Field& f, Loading& l) { return read_max_wait(f, l.model_defaults); }},
    {"drainTimeout",
     [](const Field& f, Loading& l) { return read_drain_timeout(f, l.model_defaults); }},
    {"sleepRequestTimeout", not_supported_yet},
    {"wakeRequestTimeout", not_supported_yet},
    {"globalTTL", not_supported_yet},
    {"sendLoadingState", not_supported_yet},
    {"logTimeFormat", not_supported_yet},
    {"logToStdout", read_log_to_stdout},
    {"metricsMaxInMemory", not_supported_yet},
    {"captureBuffer", not_supported_yet},
    {"store", not_supported_yet},
    {"ui", not_supported_yet},
    {"performance", not_supported_yet},
    {"matrix", not_supported_yet},
    {"profiles", not_supported_yet},
    {"selectors", not_supported_yet},
    {"hooks", not_supported_yet},
    {"peers", not_supported_yet},
    {"upstream", not_supported_yet},
    {"maxLoaded", not_supported_yet},
    {"minResidency", not_supported_yet},
    {"idle", not_supported_yet},
    {"keepAliveWhileLoading", not_supported_yet},
    {"maxKeepAlive", not_supported_yet},
    {"logFile", not_supported_yet},
}};

Result<void> read_late(const YamlNode& root, const Field& field, Loading& loading) {
  for (const KeyRule<Loading>& rule : LateRules) {
    for (const YamlMember& member : root.members) {
      if (member.key != rule.key || member.value.kind == YamlNode::Kind::Null) {
        continue;
      }
      if (auto done = rule.read(field.key(member), loading); !done) {
        return done;
      }
    }
  }
  return {};
}

// Prepares the tree: takes out what is only a place for anchors, and expands the global macros.
Result<Macros> prepare(YamlNode& root, const Diagnostics& diagnostics) {
  std::erase_if(root.members, [](const YamlMember& m) { return m.key.starts_with("x-"); });
  Macros macros;
  if (const YamlNode* declared = root.find("macros")) {
    auto read = read_macros(*declared, "macros", diagnostics);
    if (!read) {
      return read;
    }
    macros = std::move(*read);
  }
  for (YamlMember& member : root.members) {
    if (member.key == "models" || member.key == "macros") {
      continue;
    }
    if (auto done = expand_macros(member.value, member.key, macros, diagnostics); !done) {
      return done.error();
    }
  }
  return macros;
}

Result<Config> read_root(YamlNode root, Diagnostics& diagnostics) {
  Loading loading;
  if (root.kind != YamlNode::Kind::Null) {
    auto macros = prepare(root, diagnostics);
    if (!macros) {
      return macros.error();
    }
    loading.macros = std::move(*macros);
    const Field field = Field::root(root, diagnostics);
    if (auto done = read_section<Loading>(field, TopRules, loading); !done) {
      return done.error();
    }
    if (auto done = read_late(root, field, loading); !done) {
      return done.error();
    }
  }
  loading.config.warnings = diagnostics.warnings();
  return std::move(loading.config);
}

}  // namespace

Result<Config> parse_config(std::string_view text, std::string_view name,
                            UnknownKeys unknown_keys) {
  Diagnostics diagnostics(name, unknown_keys);
  if (text.size() > MaxFileSize) {
    return diagnostics.error(1, "", fmt::format("longer than {} bytes", MaxFileSize));
  }
  auto substituted = substitute_env(text, diagnostics, process_env);
  if (!substituted) {
    return substituted.error();
  }
  auto root = parse_yaml(*substituted, escaped(name));
  return root ? read_root(std::move(*root), diagnostics) : Result<Config>(root.error());
}

Result<Config> load_config(const std::string& path, UnknownKeys unknown_keys) {
  std::ifstream file(path, std::ios::binary);
  std::string text;
  std::array<char, 64 * 1024> piece{};
  errno = file ? 0 : errno;
  // One piece more than the limit is enough for parse_config to refuse the file.
  while (file && text.size() <= MaxFileSize) {
    file.read(piece.data(), piece.size());
    text.append(piece.data(), static_cast<std::size_t>(file.gcount()));
  }
  // A directory opens and fails at the first read.
  if (!file.is_open() || file.bad()) {
    return Error{ErrorCode::InvalidConfig, fmt::format("cannot read config {}: {}", escaped(path),
                                                       std::generic_category().message(errno))};
  }
  return parse_config(text, path, unknown_keys);
}

}  // namespace llmsnap
