#include "command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "build_stamp.h"

namespace llmsnapd {
namespace {

struct Flag {
  std::string_view name;
  bool takes_value;
};

constexpr std::array<Flag, 14> Flags{{{"config", true},
                                      {"config-dir", true},
                                      {"listen", true},
                                      {"tls-cert", true},
                                      {"tls-cert-file", true},
                                      {"tls-key", true},
                                      {"tls-key-file", true},
                                      {"strict", false},
                                      {"check", false},
                                      {"check-config", false},
                                      {"resolved", false},
                                      {"watch-config", false},
                                      {"version", false},
                                      {"help", false}}};

/// May name the file itself: `--check-config FILE`.
constexpr std::string_view CheckConfig = "check-config";

const Flag* find_flag(std::string_view name) {
  const auto* found = std::find_if(Flags.begin(), Flags.end(),
                                   [name](const Flag& flag) { return flag.name == name; });
  return found == Flags.end() ? nullptr : found;
}

// CLI11 knows `--flag=value` only in part the way Go does: it reads `-config` as `-c onfig`, a
// value that begins with a dash as a flag, and behind `--flag=` the next word as the value. So
// every known flag is written anew as `--flag`, `--flag=value`, or `--flag` and an empty word.
void write_value(const std::string& flag, const std::string& value, std::vector<std::string>& out) {
  if (value.empty()) {
    out.insert(out.end(), {flag, value});
  } else {
    out.push_back(flag + "=" + value);
  }
}

enum class NextWord { Always, UnlessFlag };

/// What stands behind the `=` of the flag at `at`; else the next word, which `at` moves on to.
std::optional<std::string> take_value(const std::vector<std::string>& arguments, std::size_t& at,
                                      NextWord next) {
  const std::string& argument = arguments[at];
  if (const std::size_t equals = argument.find('='); equals != std::string::npos) {
    return argument.substr(equals + 1);
  }
  const bool is_value = at + 1 < arguments.size() &&
                        (next == NextWord::Always || !arguments[at + 1].starts_with('-'));
  return is_value ? std::optional(arguments[++at]) : std::nullopt;
}

std::vector<std::string> normalised(const std::vector<std::string>& arguments) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < arguments.size(); ++at) {
    const std::string& argument = arguments[at];
    const std::size_t dashes = std::min<std::size_t>(argument.find_first_not_of('-'), 3);
    if (argument == "--") {
      out.insert(out.end(), arguments.begin() + static_cast<std::ptrdiff_t>(at), arguments.end());
      break;
    }
    const std::size_t equals = argument.find('=');
    const bool is_flag = dashes == 1 || dashes == 2;
    const Flag* flag =
        is_flag ? find_flag(std::string_view(argument).substr(dashes, equals - dashes)) : nullptr;
    if (flag == nullptr) {
      out.push_back(argument);
      continue;
    }
    if (flag->name == CheckConfig) {
      out.emplace_back("--check");
      if (const auto file = take_value(arguments, at, NextWord::UnlessFlag)) {
        write_value("--config", *file, out);
      }
    } else if (flag->takes_value) {
      const std::string name = "--" + std::string(flag->name);
      if (const auto value = take_value(arguments, at, NextWord::Always)) {
        write_value(name, *value, out);
      } else {
        out.push_back(name);
      }
    } else {
      out.push_back("--" + argument.substr(dashes));
    }
  }
  return out;
}

Ending mistake(std::string_view what) {
  return {2, fmt::format("llmsnapd: {}\nRun llmsnapd --help for the flags.\n", what)};
}

}  // namespace

std::variant<CommandLine, Ending> parse_command_line(const std::vector<std::string>& arguments) {
  CommandLine options;
  bool version = false;
  CLI::App app("An OpenAI- and Anthropic-compatible gateway in front of local LLM servers.",
               "llmsnapd");
  app.add_option("--config", options.config,
                 "Config file (default config.yaml, unless --config-dir is given)");
  app.add_option("--config-dir", options.config_dir,
                 "Folder of .yaml and .yml files that make up the config, after --config's file");
  app.add_option("--listen", options.listen,
                 "Address to serve on: host:port, [::1]:port or unix:/path; :port and a bare port "
                 "are all addresses, open to others; may be given several times; replaces the "
                 "config's (default 127.0.0.1:8080, with TLS 127.0.0.1:8443)")
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_option("--tls-cert,--tls-cert-file", options.tls_certificate,
                 "TLS certificate and its chain, PEM; TLS is for all addresses but unix: ones");
  app.add_option("--tls-key,--tls-key-file", options.tls_key, "TLS key, PEM, without a password");
  app.add_flag("--strict", options.strict, "Warnings about the config are errors");
  app.add_flag("--check,--check-config", options.check,
               "Check the config (--check-config FILE), say all that is wrong with it, and exit");
  app.add_flag("--resolved", options.resolved,
               "With --check: print as JSON what the config comes to, secrets masked");
  app.add_flag("--watch-config", options.watch_config, "Reload when the config's files change");
  app.add_flag("--version", version, "Print the version and exit");
  try {
    std::vector<std::string> reversed = normalised(arguments);
    std::reverse(reversed.begin(), reversed.end());  // as CLI11 wants a vector
    app.parse(std::move(reversed));
  } catch (const CLI::CallForHelp&) {
    return Ending{0, app.help()};
  } catch (const CLI::ParseError& error) {
    return mistake(error.what());
  }
  if (version) {
    return Ending{0, build_line()};
  }
  if (options.resolved && !options.check) {
    return mistake("--resolved goes with --check-config");
  }
  if (app.count("--config") > 0 && options.config.empty()) {
    return mistake("--config: the name of the file is empty");
  }
  std::erase(options.listen, "");  // the default of the references
  if (options.config.empty() && options.config_dir.empty()) {
    options.config = "config.yaml";
  }
  if (options.tls_certificate.empty() != options.tls_key.empty()) {
    return Ending{1, "llmsnapd: TLS needs both --tls-cert and --tls-key\n"};
  }
  return options;
}

}  // namespace llmsnapd
