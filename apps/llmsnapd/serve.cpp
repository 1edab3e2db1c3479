#include "serve.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <iterator>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "build_stamp.h"
#include "config_watch.h"
#include "llmsnap/gateway.h"
#include "llmsnap/http_server.h"
#include "reload_thread.h"
#include "shutdown_signals.h"
#include "stderr_log.h"

namespace llmsnapd {
namespace {

using llmsnap::LogLevel;

/// For what a shutdown does beside waiting for requests and models.
constexpr std::chrono::seconds ShutdownGrace{5};

bool is_unix(const llmsnap::Address& address) {
  return address.text.starts_with("unix:");
}

bool is_loopback(const llmsnap::Address& address) {
  return is_unix(address) || address.host.starts_with("127.") || address.host == "::1" ||
         address.host == "localhost";
}

std::vector<std::string> addresses_of(const CommandLine& options, const llmsnap::Config& config) {
  if (!options.listen.empty()) {
    return options.listen;
  }
  if (!config.listen.empty()) {
    return config.listen;
  }
  return {options.tls_key.empty() ? "127.0.0.1:8080" : "127.0.0.1:8443"};
}

std::string url_of(const llmsnap::Address& address, bool tls) {
  if (is_unix(address)) {
    return address.text;
  }
  return fmt::format("{}{}{}", tls ? "https://" : "http://",
                     address.text.starts_with(':') ? "0.0.0.0" : "", address.text);
}

/// What serve wants of a config that the gateway has taken.
struct Wanted {
  explicit Wanted(const CommandLine& options, const llmsnap::Config& config)
      : addresses(addresses_of(options, config)),
        warnings(config.warnings),
        models(config.models.size()),
        has_keys(!config.api_keys.empty()),
        shutdown_timeout(config.shutdown_timeout) {}

  const std::vector<std::string> addresses;
  const std::vector<std::string> warnings;
  const std::size_t models;
  const bool has_keys;
  const std::chrono::milliseconds shutdown_timeout;
};

std::string listening_line(const std::vector<llmsnap::Address>& addresses, const Wanted& wanted,
                           bool tls) {
  std::string line = "listening on";
  for (const llmsnap::Address& address : addresses) {
    line += " " + url_of(address, tls);
  }
  if (std::all_of(addresses.begin(), addresses.end(), is_loopback)) {
    const auto tcp = std::find_if_not(addresses.begin(), addresses.end(), is_unix);
    const int port = tcp != addresses.end() ? tcp->port : 8080;
    line += fmt::format("; this machine only: to open it to others, {}use --listen :{}",
                        wanted.has_keys ? "" : "set apiKeys and ", port);
  }
  return line;
}

/// Where others than this machine come in. Thread rule: any thread; who reloads asks while main
/// still opens them.
class OpenAddresses {
 public:
  void add(const llmsnap::Address& address) {
    if (!is_loopback(address)) {
      const std::lock_guard lock(mutex_);
      texts_.push_back(address.text);
    }
  }

  /// What must be told of a config without keys.
  std::vector<std::string> warnings() const {
    std::vector<std::string> warnings;
    const std::lock_guard lock(mutex_);
    for (const std::string& text : texts_) {
      warnings.push_back(
          fmt::format("everybody who can reach {} may use the models: no apiKeys are set", text));
    }
    return warnings;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> texts_;
};

llmsnap::HttpServerOptions server_options(const CommandLine& options) {
  llmsnap::HttpServerOptions made;
  if (!options.tls_key.empty()) {
    made.tls = llmsnap::TlsFiles{options.tls_certificate, options.tls_key};
  }
  return made;
}

/// Listens and tells about it. Absent, and the log says why, if one of the addresses cannot be had;
/// else where it listens, in words.
std::optional<std::string> open(llmsnap::Gateway& gateway, llmsnap::HttpServer& server,
                                OpenAddresses& open_addresses, const Wanted& wanted, bool tls) {
  std::vector<llmsnap::Address> addresses;
  for (const std::string& text : wanted.addresses) {
    auto address = server.listen(text);
    if (!address) {
      gateway.log(LogLevel::Error, address.error().message);
      return std::nullopt;
    }
    open_addresses.add(*address);
    addresses.push_back(std::move(*address));
  }
  std::string line = listening_line(addresses, wanted, tls);
  gateway.log(LogLevel::Info, line);
  if (!wanted.has_keys) {
    for (const std::string& warning : open_addresses.warnings()) {
      gateway.log(LogLevel::Warn, warning);
    }
  }
  for (const std::string& warning : wanted.warnings) {
    gateway.log(LogLevel::Warn, warning);
  }
  gateway.log(LogLevel::Info, fmt::format("llmsnapd {} serves {} model{}", LLMSNAP_VERSION,
                                          wanted.models, wanted.models == 1 ? "" : "s"));
  return line;
}

/// What a forced shutdown ends, in words.
std::string forced_line(llmsnap::Gateway& gateway, bool requests_have_ended) {
  std::vector<std::string> models;
  for (const llmsnap::ModelStatus& model : gateway.processes().list()) {
    if (model.pid != 0) {
      models.push_back(model.model);
    }
  }
  std::string line = "shutdown is forced";
  if (!requests_have_ended) {
    line += ", requests in work are cut";
  }
  if (!models.empty()) {
    line += fmt::format(", models that do not end within {} s are killed: {}",
                        ForcedExit::CutBudget.count(), fmt::join(models, ", "));
  }
  return line;
}

/// True if all ended in time.
bool end(llmsnap::Gateway& gateway, llmsnap::HttpServer& server,
         std::chrono::milliseconds shutdown_timeout) {
  std::atomic<bool> requests_have_ended = false;
  const ForcedExit forced(
      shutdown_timeout + gateway.processes().longest_unload_timeout() + ShutdownGrace,
      [&gateway, &server, &requests_have_ended] {
        server.cut();
        gateway.log(LogLevel::Warn, forced_line(gateway, requests_have_ended));
      });
  server.stop();
  requests_have_ended = true;
  gateway.shutdown();
  return !forced.happened();
}

/// What the parts of serve have in common.
struct Serving {
  const CommandLine& options;
  const ServiceManager& manager;
  ConfigWatch* const watch;
  OpenAddresses open_addresses;
  std::stop_source ending;  ///< no config is read any more
};

/// As the gateway wants it, on the thread of whoever reloads.
llmsnap::CheckedConfig reread_config(const Serving& serving, const llmsnap::Config& running) {
  const std::stop_token stop = serving.ending.get_token();
  llmsnap::CheckedConfig checked = read_config(serving.options, &running, stop);
  if (stop.stop_requested()) {
    return {};  // neither a config nor what is wrong with it: nobody will know
  }
  if (checked.config && checked.config->api_keys.empty()) {
    // As the other warnings: told by the log and in the answer, at each reload.
    std::vector<std::string> open = serving.open_addresses.warnings();
    std::move(open.begin(), open.end(), std::back_inserter(checked.config->warnings));
  }
  return checked;
}

/// The exit code. While nothing has armed a ForcedExit this thread must not wait: not for standard
/// error, which may be a pipe that nobody reads (its lines go through the gateway's queue), and not
/// for a config file. `reloads` outlives this, for a file may be slow to the end.
int serve_until_end(llmsnap::Gateway& gateway, Serving& serving, const Wanted& wanted,
                    std::optional<ReloadThread>& reloads) {
  llmsnap::HttpServer server(gateway, server_options(serving.options));
  const bool tls = !serving.options.tls_key.empty();
  const auto opened = open(gateway, server, serving.open_addresses, wanted, tls);
  if (opened) {
    const ServiceManager& manager = serving.manager;
    manager.ready(*opened);
    gateway.preload();
    reloads.emplace(
        [&gateway, &serving, &manager, status = *opened] {
          if (serving.ending.stop_requested()) {
            return;  // asked for during a reload that was broken off
          }
          manager.reloading();
          const auto reloaded = gateway.reload();  // the log tells how it went
          manager.ready(reloaded ? status : status + "; the last new config was not valid");
        },
        serving.watch);
    wait_for_end({.reload = [&reloads] { reloads->request(); },
                  .child_died = [&gateway] { gateway.processes().reap_orphans(); }});
    manager.stopping("requests in work end");
    serving.ending.request_stop();
    gateway.log(LogLevel::Info, "shutting down; a second signal ends requests in work at once");
  }
  const bool in_time = end(gateway, server, wanted.shutdown_timeout);
  return opened && in_time ? 0 : 1;
}

}  // namespace

llmsnap::ConfigSources sources_of(const CommandLine& options) {
  return {options.config, options.config_dir};
}

llmsnap::CheckedConfig read_config(const CommandLine& options, const llmsnap::Config* running,
                                   const std::stop_token& stop) {
  return llmsnap::check_config(
      sources_of(options), options.strict ? llmsnap::Warnings::Refused : llmsnap::Warnings::Told,
      running, stop);
}

int serve(const CommandLine& options, llmsnap::Config config, const ServiceManager& manager,
          ConfigWatch* watch) {
  const StderrLog log(config.log_level, config.log_time_format);
  const Wanted wanted(options, config);
  llmsnap::GatewayOptions gateway_options;
  gateway_options.build = build_stamp();
  gateway_options.log = [&log](LogLevel level, std::string_view line) { log.write(level, line); };
  gateway_options.model_output = [&log](std::string_view model, std::string_view lines) {
    log.write_output(model, lines);
  };
  if (config.access_log == llmsnap::AccessLogFormat::Json) {
    gateway_options.access_log = [&log](std::string_view line) { log.write_bare(line); };
  }
  Serving serving{options, manager, watch, {}, {}};
  gateway_options.read_config = [&serving](const llmsnap::Config& running) {
    return reread_config(serving, running);
  };
  // Outlives what may wait for a slow file, and the gateway, whose end waits for its last lines.
  std::optional<ForcedExit> teardown;
  llmsnap::Gateway gateway(std::move(config), std::move(gateway_options));
  std::optional<ReloadThread> reloads;
  const int code = serve_until_end(gateway, serving, wanted, reloads);
  teardown.emplace(ShutdownGrace, [] {});
  return code;
}

}  // namespace llmsnapd
