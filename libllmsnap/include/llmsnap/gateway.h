// Gateway: routes requests to the models of a config and relays their answers; no transport of its
// own. Thread rule: every method from any thread but a rule's or a subscriber's; two gateways in
// one process work.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "llmsnap/build_version.h"
#include "llmsnap/config.h"
#include "llmsnap/event_bus.h"
#include "llmsnap/message.h"
#include "llmsnap/metrics_monitor.h"
#include "llmsnap/process_manager.h"
#include "llmsnap/proxy_environment.h"
#include "llmsnap/reload_report.h"
#include "llmsnap/result.h"
#include "llmsnap/router.h"
#include "llmsnap/subscription.h"

namespace llmsnap {

class GatewayCore;

struct GatewayOptions {
  /// Takes one line without time stamp or line end; never two at once, and in order. Called on the
  /// background worker, already before the gateway's constructor has returned, so it may be slow
  /// (lines wait, up to 1 MiB of them; those that are dropped are counted in a later line), but
  /// subscribers wait for it. The gateway's destructor waits until the worker has passed on its
  /// lines and ended, and calls this itself for what is left then. None: no log.
  std::function<void(LogLevel, std::string_view)> log = {};
  /// Takes the lines of `accessLog`, under the same rules; a JSON line is an object with its time
  /// in it. None: they go to `log`. Info lines either way.
  std::function<void(std::string_view)> access_log = {};
  /// Takes what the models print, where `logToStdout` shows it; under the same rules: the model's
  /// id, and whole lines of that model with their ends, raw as they came.
  std::function<void(std::string_view model, std::string_view lines)> model_output = {};
  /// Reads the config anew where the first one came from, for `Gateway::reload` and
  /// `POST /api/config/reload`: as check_config does, with the config in force as `running`. Called
  /// on a thread that may block, never two at once. None: a request cannot ask for a reload.
  std::function<CheckedConfig(const Config& running)> read_config = {};
  /// Which HTTP proxies peers are reached through. None: what HTTP_PROXY, HTTPS_PROXY and NO_PROXY
  /// of this process say when the gateway is made, each also in lower case.
  std::optional<ProxyEnvironment> proxies = {};
  /// What `GET /api/version` tells of the program.
  BuildVersion build = {};
};

class Gateway {
 public:
  /// Starts the I/O threads and the background worker.
  explicit Gateway(Config config, GatewayOptions options = {});
  /// Shuts down first if nobody has; servers and answers on it must be gone.
  ~Gateway();
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  /// A line of the host's own among the gateway's, under the config's `logLevel`. Never waits for
  /// the sink; control bytes are escaped.
  void log(LogLevel level, std::string_view line);

  /// Add rules before requests come.
  Router& router();
  MetricsMonitor& metrics();
  /// The servers of the models: what they do, and ways to start and stop them by hand.
  ProcessManager& processes();

  /// News of models and requests, as they happen.
  EventBus& events();
  /// Short for events().on_request.
  Subscription on_request(std::function<void(const TrafficRecord&)> subscriber);

  /// Begins to load the models of the config's `hooks.on_startup.preload`, one after the other, and
  /// those of its `idle`, and does not wait. Once, when requests can come, with or without an
  /// HttpServer: who cannot listen should not load either. Where it is never called nothing is
  /// preloaded, and `idle` has to wait for the first request.
  void preload();

  /// Takes a new config while requests run. Models whose process can go on under it keep process,
  /// port, requests and numbers; changed ones end their requests and start anew on demand, removed
  /// ones end theirs and stop. Returns when the new config is in force, drains go on. A call during
  /// another one runs after it. Keys in ReloadReport::needs_restart keep their old values.
  ReloadReport reload(Config config);
  /// Reads it with GatewayOptions::read_config. Errors: InvalidConfig (all that is wrong; nothing
  /// has changed), NotImplemented (there is no read_config).
  Result<ReloadReport> reload();

  /// Runs one request; blocks until the answer's head is there. Never call it on a thread of the
  /// gateway.
  GatewayAnswer handle(GatewayRequest request);

  /// New requests get 503; those in work have `shutdownTimeout` to end, then they are cut; then the
  /// models are stopped. Blocks until all have ended. Servers are stopped by their owner first.
  void shutdown();

 private:
  friend class HttpServer;
  std::unique_ptr<GatewayCore> core_;
};

}  // namespace llmsnap
