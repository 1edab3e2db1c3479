#include "serve.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "llmsnap/gateway.h"
#include "llmsnap/http_server.h"
#include "shutdown_signals.h"
#include "stderr_log.h"

namespace llmsnapd {
namespace {

using llmsnap::LogLevel;

constexpr std::chrono::seconds ShutdownGrace{5};  // for what comes after the drain

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

std::string listening_line(const std::vector<llmsnap::Address>& addresses, bool tls) {
  std::string line = "listening on";
  for (const llmsnap::Address& address : addresses) {
    line += " " + url_of(address, tls);
  }
  if (std::all_of(addresses.begin(), addresses.end(), is_loopback)) {
    const auto tcp = std::find_if_not(addresses.begin(), addresses.end(), is_unix);
    const int port = tcp != addresses.end() ? tcp->port : 8080;
    line += fmt::format(
        "; this machine only: to open it to others, set apiKeys and use --listen :{}", port);
  }
  return line;
}

void warn_of_open_addresses(const StderrLog& log, const std::vector<llmsnap::Address>& addresses) {
  for (const llmsnap::Address& address : addresses) {
    if (!is_loopback(address)) {
      log.write(LogLevel::Warn,
                fmt::format("everybody who can reach {} may use the models: no apiKeys are set",
                            address.text));
    }
  }
}

int end(llmsnap::Gateway& gateway, llmsnap::HttpServer& server, const StderrLog& log,
        std::chrono::milliseconds shutdown_timeout) {
  // Before the first line: a standard error that nobody reads must not hold up the end.
  const ForcedExit forced(shutdown_timeout + ShutdownGrace, [&server, &log] {
    server.cut();
    log.write(LogLevel::Warn, "shutdown is forced, requests in work are cut");
  });
  log.write(LogLevel::Info, "shutting down; a second signal ends requests in work at once");
  server.stop();
  gateway.shutdown();
  return forced.happened() ? 1 : 0;
}

}  // namespace

int serve(const CommandLine& options, llmsnap::Config config) {
  const StderrLog log(config.log_level);
  const std::vector<std::string> wanted = addresses_of(options, config);
  const std::vector<std::string> warnings = config.warnings;
  const std::size_t models = config.models.size();
  const bool has_keys = !config.api_keys.empty();
  const std::chrono::milliseconds shutdown_timeout = config.shutdown_timeout;

  llmsnap::GatewayOptions gateway_options;
  gateway_options.log = [&log](LogLevel level, std::string_view line) { log.write(level, line); };
  if (config.access_log == llmsnap::AccessLogFormat::Json) {
    gateway_options.access_log = [&log](std::string_view line) { log.write_bare(line); };
  }
  std::optional<ForcedExit> teardown;  // outlives the gateway, whose end waits for its last lines
  llmsnap::Gateway gateway(std::move(config), std::move(gateway_options));
  llmsnap::HttpServerOptions server_options;
  if (!options.tls_key.empty()) {
    server_options.tls = llmsnap::TlsFiles{options.tls_certificate, options.tls_key};
  }
  const bool tls = server_options.tls.has_value();
  llmsnap::HttpServer server(gateway, std::move(server_options));

  std::vector<llmsnap::Address> addresses;
  for (const std::string& text : wanted) {
    auto address = server.listen(text);
    if (!address) {
      log.write(LogLevel::Error, address.error().message);
      return 1;
    }
    addresses.push_back(std::move(*address));
  }
  log.write(LogLevel::Info, listening_line(addresses, tls));
  if (!has_keys) {
    warn_of_open_addresses(log, addresses);
  }
  for (const std::string& warning : warnings) {
    log.write(LogLevel::Warn, warning);
  }
  if (options.watch_config) {
    log.write(LogLevel::Warn, "--watch-config is not supported by this version yet");
  }
  log.write(LogLevel::Info, fmt::format("llmsnapd {} serves {} model{}", LLMSNAP_VERSION, models,
                                        models == 1 ? "" : "s"));
  wait_for_end([&log] {
    log.write(LogLevel::Warn, "SIGHUP: this version cannot reload its config, restart it instead");
  });
  const int code = end(gateway, server, log, shutdown_timeout);
  teardown.emplace(ShutdownGrace, [] {});
  return code;
}

}  // namespace llmsnapd
