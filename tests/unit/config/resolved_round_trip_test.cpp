// A config that is shown is a config again, which comes to the same; and it has every key.
#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "base/placeholder.h"
#include "config_text.h"
#include "schema_places.h"

namespace llmsnap {
namespace {

using Json = nlohmann::json;

/// With every key that has an effect, none of them at its default.
constexpr std::string_view Server =
    "listen: [':1', 'unix:/s']\n"
    "allowedHosts: [h]\n"
    "trustedProxies: [10.0.0.0/8]\n"
    "limits: {connections: 1, head: 2KiB, target: 1KiB, fields: 2, jsonBody: 3, uploadBody: 4,\n"
    "         bodiesInFlight: 5, spool: 6, headTimeout: 1500ms, bodyIdle: 2, bodyTotal: 3,\n"
    "         keepAlive: 4, writeIdle: 0}\n"
    "ioThreads: 2\n"
    "spoolDir: /tmp\n"
    "shutdownTimeout: 7\n"
    "logLevel: debug\n"
    "logTimeFormat: stampmilli\n"
    "accessLog: json\n"
    "logToStdout: both\n"
    "logFile: {path: /tmp/llmsnap-none.log, maxSize: 70000, keep: 3}\n"
    "includeAliasesInList: true\n"
    "startPort: 7000\n"
    "upstream: {ignorePaths: ['^/[$]${x}']}\n"
    "maxLoaded: 9\n"
    "idle: [a]\n"
    "hooks: {on_startup: {preload: [a]}}\n"
    "metricsMaxInMemory: 2\n"
    "captureBuffer: 3\n"
    "store: {path: /tmp/llmsnap-none.db, rows: 10, age: 11}\n"
    "performance: {disabled: true, every: 8}\n"
    "ui: {activity: {session_id: [X-A]}}\n"
    "macros: {x: b}\n";

constexpr std::string_view Models =
    "models:\n"
    "  a:\n"
    "    cmd: |\n"
    "      # a remark\n"
    "      srv --port ${PORT} --text '$${PORT} $${OTHER} ${x}'  # no remark\n"
    "    env: ['A=$${HOME}', 'B=${PORT}']\n"
    "    cwd: /$${x}\n"
    "    cmdStop: stop ${PID} $${PID} ${PORT}\n"
    "    checkEndpoint: /up?p=${PORT}\n"
    "    stopSignal: INT\n"
    "    healthCheckTimeout: 11\n"
    "    healthCheckInterval: 12\n"
    "    unloadTimeout: 13\n"
    "    ttl: 14\n"
    "    stopAfter: 15\n"
    "    minResidency: 16\n"
    "    maxKeepAlive: 17\n"
    "    maxWait: 18\n"
    "    drainTimeout: 19\n"
    "    keepAliveWhileLoading: false\n"
    "    sendLoadingState: true\n"
    "    queue: {limit: 20, timeout: 250ms}\n"
    "    timeouts: {connect: 1, tlsHandshake: 2, responseHeader: 3, idle: 4, keepalive: 5,\n"
    "               idleConn: 6}\n"
    "    concurrencyLimit: 21\n"
    "    priority: -2\n"
    "    restart: on-failure\n"
    "    compat: {ignoreWebsockets: true}\n"
    "    sleepMode: enable\n"
    "    sleepEndpoints: [{endpoint: '/s?p=${PORT}', method: PUT, body: '{\"a\": \"$${y}\"}',\n"
    "                      timeout: 22}]\n"
    "    wakeEndpoints: [{endpoint: /w}]\n"
    "    aliases: [al]\n"
    "    unlisted: true\n"
    "    name: A $${NAME}\n"
    "    description: d\n"
    "    useModelName: u\n"
    "    metadata: {k: [1, '$${y}', {n: ~}]}\n"
    "    capabilities: {in: [text, image], out: [audio], tools: true, reranker: true, context: 9}\n"
    "    filters: {stripParams: s, setParams: {p: 1, 'q?': [2], 'r.t': {u: v}},\n"
    "              setParamsByID: {al2: {w: ~}}}\n"
    "  b: {cmd: 'srv ${PORT} ${PORT}', proxy: 'http://127.0.0.1:${PORT}/b', instances: 2,\n"
    "      env: ['P=${PORT}']}\n"
    "  c: {proxy: 'http://h'}\n"
    "  d: {cmd: 'vllm ${PORT}', sleep: {engine: vllm, level: 2}}\n"
    "  comfyui_auto: {proxy: 'http://h'}\n"
    "peers:\n"
    "  p: {proxy: 'http://h/b', models: [m, n], filters: {stripParams: x},\n"
    "      timeouts: {connect: 1}}\n"
    "selectors:\n"
    "  s: {strategy: spillover, targets: [al, p/m], settings: {spillover: 3}, name: S,\n"
    "      description: d, unlisted: true, metadata: {k: 1}}\n"
    "profiles: {f: {description: d, pins: {x: al, y: ~}}}\n";

constexpr std::string_view Groups =
    "groups: {g: {swap: false, exclusive: false, persistent: true, members: [a, c]}}\n";
constexpr std::string_view TheMatrix =
    "matrix: {vars: {v: a}, evict_costs: {b: 3}, sets: {s: v & b, t: +s | c}}\n";

std::string joined(std::string_view last) {
  return std::string(Server).append(Models).append(last);
}

/// As it is shown: where a model is one process, its texts have the port.
Config with_ports_filled(Config config) {
  for (auto& [id, model] : config.models) {
    if (model.instances > 1) {
      continue;
    }
    const auto fill = [port = model.port](std::string& text) { text = with_port(text, port); };
    fill(model.proxy);
    fill(model.check_endpoint);
    fill(model.cmd_stop);
    std::for_each(model.env.begin(), model.env.end(), fill);
    for (auto* steps : {&model.sleep.sleep, &model.sleep.wake}) {
      for (SleepStep& step : *steps) {
        fill(step.target);
        fill(step.body);
      }
    }
  }
  config.warnings.clear();
  return config;
}

TEST_CASE("what is shown of a config is a config that comes to the same", "[config]") {
  const std::string text = GENERATE(joined(Groups), joined(TheMatrix), std::string("models: {}\n"),
                                    std::string("models: {r: {proxy: 'http://h'}}\n"));
  const Config config = config_of(text);
  const std::string shown = resolved_json(config);
  const auto again = parse_config(shown, "shown.json");
  INFO(shown);
  INFO((again ? std::string() : again.error().message));
  REQUIRE(again);
  CHECK(resolved_json(*again) == shown);
  CHECK((with_ports_filled(*again) == with_ports_filled(config)));
}

TEST_CASE("the full example is shown as a config that comes to the same", "[config]") {
  std::ifstream file(std::string(LLMSNAP_SOURCE_DIR) + "/examples/config/full.yaml");
  Config config = config_of(std::string(std::istreambuf_iterator<char>(file), {}));
  config.api_keys.clear();
  for (auto& [id, peer] : config.peers) {
    peer.api_key.clear();
  }
  const auto again = parse_config(resolved_json(config), "shown.json");
  INFO((again ? std::string() : again.error().message));
  REQUIRE(again);
  CHECK(resolved_json(*again) == resolved_json(config));
}

TEST_CASE("what is shown of a config with keys is refused in their place", "[config]") {
  const std::string own = resolved_json(config_of("apiKeys: [sesame]\n"));
  CHECK(contains(error_of(own), "apiKeys[0].key: *** is what a config is shown with"));
  const std::string of_peer =
      resolved_json(config_of("peers: {p: {proxy: 'http://h', models: [m], apiKey: sesame}}\n"));
  CHECK(contains(error_of(of_peer), "peers.p.apiKey: *** is what a config is shown with"));
  const std::string of_model =
      resolved_json(config_of("models: {m: {proxy: 'http://h', apiKey: sesame}}\n"));
  CHECK(contains(error_of(of_model), "models.m.apiKey: *** is what a config is shown with"));
}

/// What others are shown for: defaults of models stand in each model, and what one spelling means
/// stands there in the other one. The last have no effect.
constexpr std::array<std::string_view, 30> NotShown{"macros",
                                                    "models.*.macros",
                                                    "models.*.sleep",
                                                    "models.*.sleep.engine",
                                                    "models.*.sleep.level",
                                                    "models.*.filters.strip_params",
                                                    "peers.*.filters.strip_params",
                                                    "models.*.sleep.tags",
                                                    "healthCheckTimeout",
                                                    "unloadTimeout",
                                                    "queue",
                                                    "queue.limit",
                                                    "queue.timeout",
                                                    "maxWait",
                                                    "drainTimeout",
                                                    "globalTTL",
                                                    "minResidency",
                                                    "maxKeepAlive",
                                                    "sleepRequestTimeout",
                                                    "wakeRequestTimeout",
                                                    "sendLoadingState",
                                                    "keepAliveWhileLoading",
                                                    "models.*.timeouts.expectContinue",
                                                    "peers.*.timeouts.expectContinue",
                                                    "logRequests",
                                                    "upstream.sandbox",
                                                    "globalConcurrencyLimit",
                                                    "security",
                                                    "security.cors",
                                                    "hooks.on_startup.profile"};

bool is_shown(const Json& shown, const std::vector<std::string>& path) {
  const Json* at = &shown;
  for (const std::string& step : path) {
    if (step == "*" || step == "[]") {
      if (at->empty()) {
        return false;
      }
      at = &*at->begin();
    } else if (at->is_object() && at->contains(step)) {
      at = &(*at)[step];
    } else {
      return false;
    }
  }
  return true;
}

TEST_CASE("each key of the schema is shown, but those that others are shown for", "[config]") {
  const std::string keys = "apiKeys: [{name: n, key: k}]\n";
  const Json grouped = Json::parse(resolved_json(config_of(keys + joined(Groups))));
  const Json routed = Json::parse(resolved_json(config_of(joined(TheMatrix))));
  for (const SchemaPlace& place : schema_places()) {
    const std::string name = place.text();
    const bool is_key =
        !place.path.empty() && place.path.back() != "*" && place.path.back() != "[]";
    const bool is_expected = name.rfind("routing", 0) != 0 && name != "apiKeys[].sha256" &&
                             name != "apiKeys[].roles" &&
                             std::find(NotShown.begin(), NotShown.end(), name) == NotShown.end();
    INFO("key: " << name);
    if (is_key) {
      CHECK((is_shown(grouped, place.path) || is_shown(routed, place.path)) == is_expected);
    }
  }
}

}  // namespace
}  // namespace llmsnap
