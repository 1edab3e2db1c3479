#include "config/process_keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <vector>

#include "base/ascii.h"
#include "base/blank.h"
#include "base/command_line.h"
#include "base/escape.h"
#include "base/hex.h"
#include "config/ports.h"
#include "config/quantity.h"

namespace llmsnap {
namespace {

// Not localhost: that is looked up, and may be ::1, where most model servers do not listen.
constexpr std::string_view DefaultProxy = "http://127.0.0.1:${PORT}";
constexpr int MaxSignal = 64;

/// What they are about is a process of ours.
constexpr std::array<std::string_view, 13> KeysOfProcess{
    "cmdStop",   "cwd",        "env",       "healthCheckInterval", "minResidency",
    "restart",   "sleep",      "sleepMode", "sleepEndpoints",      "wakeEndpoints",
    "stopAfter", "stopSignal", "ttl"};

struct NamedSignal {
  std::string_view name;
  int number;
};

constexpr std::array<NamedSignal, 9> Signals{{{"term", SIGTERM},
                                              {"int", SIGINT},
                                              {"quit", SIGQUIT},
                                              {"hup", SIGHUP},
                                              {"kill", SIGKILL},
                                              {"usr1", SIGUSR1},
                                              {"usr2", SIGUSR2},
                                              {"abrt", SIGABRT},
                                              {"winch", SIGWINCH}}};

Result<void> read_command(const Field& field, const ModelConfig& model, Placeholders kept,
                          std::string_view key, std::string& out) {
  std::string text;
  if (auto done = read_process_text(field, model, kept, key, text); !done) {
    return done;
  }
  if (without_blanks(text).empty()) {
    field.warn("empty command, which counts as none");
    return {};
  }
  if (leaves_quote_open(text)) {
    field.warn("a quote is not closed, all behind it is one word");
  }
  out = std::move(text);
  return {};
}

/// A URL's host is never asked, it is the model's own server that is.
std::string path_of_endpoint(const Field& field, std::string_view endpoint) {
  if (const std::size_t scheme = endpoint.find("://");
      scheme != std::string_view::npos && endpoint.find('/') == scheme + 1) {
    field.warn("only the path of the URL counts, the model's own server is asked");
    endpoint.remove_prefix(std::min(endpoint.find('/', scheme + 3), endpoint.size()));
  }
  return endpoint.starts_with('/') ? std::string(endpoint) : "/" + std::string(endpoint);
}

Result<void> read_env_item(const Field& field, ModelConfig& model) {
  std::string item;
  if (auto done = read_process_text(field, model, PortOnly, "env", item); !done) {
    return done;
  }
  const std::size_t equals = item.find('=');
  if (equals == std::string::npos || equals == 0) {
    // Without its text: an item may hold a secret.
    field.warn("expected NAME=value, this has no effect");
    return {};
  }
  model.env.push_back(std::move(item));
  return {};
}

}  // namespace

Result<void> read_process_text(const Field& field, const ModelConfig& model, Placeholders kept,
                               std::string_view key, std::string& out) {
  std::string text;
  if (auto done = field.read_template(text, kept); !done) {
    return done;
  }
  if (text.find('\0') != std::string::npos) {
    return field.error("a zero byte cannot be handed to a process");
  }
  if (model.port == 0 && find_placeholder(text, PortPlaceholder) != std::string::npos) {
    return field.error(fmt::format("{} uses ${{PORT}} but cmd does not", key));
  }
  out = std::move(text);
  return {};
}

std::string why_no_target(std::string_view path) {
  const bool is_plain = std::all_of(path.begin(), path.end(),
                                    [](char c) { return c > 0x20 && c < 0x7F && c != '#'; });
  if (!is_plain) {
    return "the path has a space, a #, a control or a non-ASCII byte; percent-encode it";
  }
  return percent_decoded(path) ? "" : "a broken percent escape";
}

std::string without_comment_lines(std::string_view command) {
  std::string out;
  while (!command.empty()) {
    const std::size_t end = std::min(command.find('\n'), command.size());
    const std::string_view line = command.substr(0, end);
    if (!without_blanks(line).starts_with('#')) {
      out += line;
      out += end < command.size() ? "\n" : "";
    }
    command.remove_prefix(std::min(end + 1, command.size()));
  }
  return out;
}

Result<void> read_cmd(const Field& field, ModelConfig& model) {
  return read_command(field, model, PortOnly, "cmd", model.cmd);
}

Result<void> read_cmd_stop(const Field& field, ModelConfig& model) {
  return read_command(field, model, PortAndPid, "cmdStop", model.cmd_stop);
}

void warn_of_doubled_path(const Field& field, const Url& url) {
  if (url.base_path.ends_with("/v1")) {
    field.warn(
        "requests keep their path, so that /v1/models becomes /v1/v1/models: most servers want the "
        "URL without /v1");
  }
}

Result<void> read_proxy(const Field& field, ModelConfig& model) {
  if (auto done = read_process_text(field, model, PortOnly, "proxy", model.proxy); !done) {
    return done;
  }
  const auto url = parse_url(proxy_url(model));
  if (!url) {
    return field.error(url.error().message);
  }
  warn_of_doubled_path(field, *url);
  return {};
}

Result<void> read_check_endpoint(const Field& field, ModelConfig& model) {
  std::string text;
  if (auto done = read_process_text(field, model, PortOnly, "checkEndpoint", text); !done) {
    return done;
  }
  const std::string_view path = without_blanks(text);
  if (path == "none") {
    model.check_endpoint = "none";
    return {};
  }
  model.check_endpoint = path_of_endpoint(field, path);
  const std::string why = why_no_target(with_port(model.check_endpoint, model.port));
  return why.empty() ? Result<void>() : field.error(why);
}

Result<void> read_health_check_interval(const Field& field, ModelConfig& model) {
  return field.read(model.health_check_interval);
}

Result<void> read_env(const Field& field, ModelConfig& model) {
  if (auto given = field.expect_texts(); !given) {
    return given;
  }
  AllDone done(field.diagnostics());
  for (const Field& item : field.texts()) {
    done.add(read_env_item(item, model));
  }
  return done.result();
}

Result<void> read_cwd(const Field& field, ModelConfig& model) {
  auto done = field.read(model.cwd);
  if (done && (model.cwd.empty() || model.cwd.find('\0') != std::string::npos)) {
    return field.error("expected the path of a folder");
  }
  return done;
}

Result<void> read_stop_signal(const Field& field, ModelConfig& model) {
  std::string text;
  if (auto done = field.read(text); !done) {
    return done;
  }
  const auto number = parse_integer(text);
  if (number && *number >= 1 && *number <= MaxSignal) {
    model.stop_signal = static_cast<int>(*number);
    return {};
  }
  const std::string lowered = ascii::lower_case(text);
  std::string_view name = lowered;
  if (name.starts_with("sig")) {
    name.remove_prefix(3);
  }
  for (const NamedSignal& signal : Signals) {
    if (signal.name == name) {
      model.stop_signal = signal.number;
      return {};
    }
  }
  return field.error(
      fmt::format("expected a signal such as TERM, INT or a number from 1 to {}, found \"{}\"",
                  MaxSignal, escaped(text)));
}

namespace {

/// A proxy that nobody set is where a command with a port listens.
Result<void> complete_proxy(const Field& field, ModelConfig& model) {
  if (!model.proxy.empty()) {
    return {};
  }
  if (model.cmd.empty()) {
    return field.error(
        "cmd or proxy is required: cmd starts the model's server, proxy alone is the URL of one "
        "that runs already");
  }
  if (model.port == 0) {
    return field.error(fmt::format(
        "proxy uses ${{PORT}} but cmd does not (the default proxy is {}): put ${{PORT}} "
        "into cmd, or set proxy to where its server listens",
        DefaultProxy));
  }
  model.proxy = DefaultProxy;
  return {};
}

/// Each of several instances is reached at a port of its own.
Result<void> check_instances(const Field& field, const ModelConfig& model) {
  if (model.instances == 1) {
    return {};
  }
  if (model.cmd.empty()) {
    return field.error("instances needs a cmd: it starts them");
  }
  if (model.port == 0 || find_placeholder(model.proxy, PortPlaceholder) == std::string::npos) {
    return field.error(
        fmt::format("instances over 1 need ${{PORT}} in cmd, and in proxy if there is one: each "
                    "has a port of its own"));
  }
  return {};
}

/// llama.cpp, vLLM and SGLang call it so.
bool wants_key(std::string_view cmd) {
  constexpr std::string_view Flag = "--api-key";
  const std::size_t at = cmd.find(Flag);
  return at != cmd.npos && cmd.find_first_of(" =\t\n", at) == at + Flag.size();
}

}  // namespace

Result<void> complete_process(const Field& field, ModelConfig& model) {
  if (auto done = complete_proxy(field, model); !done) {
    return done;
  }
  return check_instances(field, model);
}

void warn_without_effect(const Field& field, const ModelConfig& model) {
  std::vector<std::string_view> idle;
  for (const YamlMember& member : field.node().members) {
    const bool is_of_process =
        std::find(KeysOfProcess.begin(), KeysOfProcess.end(), member.key) != KeysOfProcess.end();
    if (model.cmd.empty() && is_of_process && member.value.kind != YamlNode::Kind::Null) {
      idle.push_back(member.key);
    }
    if (member.key == "cmd" && model.api_key.empty() && wants_key(model.cmd)) {
      field.key(member).warn(
          "its server wants a key, and a client's key is never sent on: put it into apiKey of this "
          "model too");
    }
    if (member.key == "healthCheckInterval" && !model.cmd.empty() &&
        model.health_check_interval.count() > 0 && model.check_endpoint == "none") {
      field.key(member).warn("no effect, as checkEndpoint is none");
    }
  }
  if (!idle.empty()) {
    field.warn(fmt::format("no effect on a model without cmd, whose process is not ours: {}",
                           fmt::join(idle, ", ")));
  }
}

}  // namespace llmsnap
