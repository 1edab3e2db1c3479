#include "config/model_groups.h"
#include "config_text.h"

namespace llmsnap {
namespace {

TEST_CASE("a model takes its keys and defaults", "[config]") {
  const Config config = config_of(
      "models:\n"
      "  plain:\n"
      "    proxy: http://127.0.0.1:9001\n"
      "  full:\n"
      "    proxy: https://h/x\n"
      "    aliases: [a, 7]\n"
      "    unlisted: yes\n"
      "    name: 3\n"
      "    description: text\n"
      "    useModelName: other\n"
      "    apiKey: its-own\n"
      "    timeouts: {connect: 5, responseHeader: 1.5, idle: 250ms}\n");
  ModelConfig plain;
  plain.id = "plain";
  plain.proxy = "http://127.0.0.1:9001";
  CHECK(config.models.at("plain") == plain);
  ModelConfig full;
  full.id = "full";
  full.proxy = "https://h/x";
  full.aliases = {"a", "7"};
  full.unlisted = true;
  full.name = "3";
  full.description = "text";
  full.use_model_name = "other";
  full.api_key = "its-own";
  full.timeouts.connect = std::chrono::seconds(5);
  full.timeouts.response_header = std::chrono::milliseconds(1500);
  full.timeouts.idle = std::chrono::milliseconds(250);
  CHECK(config.models.at("full") == full);
  CHECK(config.warnings.empty());
}

TEST_CASE("a server with a key of its own is warned of where the model has none", "[config]") {
  const auto warnings = [](const std::string& keys) {
    return config_of("models: {x: {cmd: 'srv --port ${PORT} " + keys + "}}\n").warnings;
  };
  REQUIRE(warnings("--api-key sk-1'").size() == 1);
  CHECK(contains(warnings("--api-key=sk-1'")[0], "models.x.cmd: its server wants a key"));
  CHECK(warnings("--api-key sk-1', apiKey: sk-1").empty());
  CHECK(warnings("--api-keys-of-others'").empty());
  CHECK(contains(error_of("models: {x: {proxy: 'http://h', apiKey: \"a\\nb\"}}\n"),
                 "c.yaml:1: models.x.apiKey: an api key cannot hold control characters"));
}

TEST_CASE("a config of one command has the references' defaults, but for the limit of requests",
          "[config]") {
  const Config config = config_of("models: {x: {cmd: 'srv ${PORT}'}}\n");
  CHECK(config.start_port == 5800);
  CHECK(config.log_level == LogLevel::Info);
  const ModelConfig& model = config.models.at("x");
  CHECK(model.port == 5800);
  CHECK(model.health_check_timeout == std::chrono::seconds(120));
  CHECK(model.unload_timeout == std::chrono::seconds(10));
  CHECK(model.ttl == std::chrono::seconds(0));
  CHECK(model.concurrency_limit == 100);
  CHECK(model.timeouts.connect == std::chrono::seconds(30));
  CHECK(model.timeouts.keep_alive == std::chrono::seconds(30));
  CHECK(model.timeouts.response_header == std::chrono::seconds(0));
  CHECK(model.timeouts.tls_handshake == std::chrono::seconds(10));
  CHECK(model.timeouts.idle_connection == std::chrono::seconds(90));
  CHECK(model.use_model_name.empty());
  CHECK(model.filters.strip_params.empty());
  const std::vector<GroupConfig> groups = groups_with_default(config);
  REQUIRE(groups.size() == 1);
  CHECK(groups[0].name == "(default)");
  CHECK(groups[0].members == std::vector<std::string>{"x"});
  CHECK((groups[0].swap && groups[0].exclusive && !groups[0].persistent));
}

TEST_CASE("all timeouts of a model are read, and a 0 is kept", "[config]") {
  const Config config = config_of(
      "models: {x: {proxy: http://h, timeouts: {connect: 0, keepalive: 5, responseHeader: 1m,\n"
      "         tlsHandshake: 2s, expectContinue: 1, idleConn: 0}}}\n");
  const ConnectionTimeouts& timeouts = config.models.at("x").timeouts;
  CHECK(timeouts.connect == std::chrono::seconds(0));
  CHECK(timeouts.keep_alive == std::chrono::seconds(5));
  CHECK(timeouts.response_header == std::chrono::minutes(1));
  CHECK(timeouts.tls_handshake == std::chrono::seconds(2));
  CHECK(timeouts.idle_connection == std::chrono::seconds(0));
  CHECK(config.warnings.empty());
}

TEST_CASE("WebSockets are ignored where a model says so", "[config]") {
  const auto ignores = [](const std::string& compat) {
    return config_of("models: {x: {proxy: http://h" + compat + "}}\n")
        .models.at("x")
        .ignore_websockets;
  };
  CHECK_FALSE(ignores(""));
  CHECK_FALSE(ignores(", compat: {}"));
  CHECK_FALSE(ignores(", compat: {ignoreWebsockets: false}"));
  CHECK(ignores(", compat: {ignoreWebsockets: true}"));
  CHECK(contains(error_of("models: {x: {proxy: http://h, compat: {ignoreWebsockets: 3}}}\n"),
                 "c.yaml:1: models.x.compat.ignoreWebsockets: expected true or false"));
}

TEST_CASE("a model that cannot be is an error with line and key", "[config]") {
  struct Row {
    std::string text;
    std::string message;
  };
  const Row row = GENERATE(values<Row>({
      {"models:\n  x: {}\n", "c.yaml:2: models.x: cmd or proxy is required"},
      {"models:\n  x:\n", "c.yaml:2: models.x: expected a mapping, found nothing"},
      {"models: [x]\n", "c.yaml:1: models: expected a mapping, found a list"},
      {"models:\n  x:\n    proxy: localhost:1\n", "c.yaml:3: models.x.proxy: invalid URL"},
      {"models:\n  x:\n    proxy: [a]\n",
       "c.yaml:3: models.x.proxy: expected a text, found a list"},
      {"models:\n  x:\n    proxy: \"\"\n", "c.yaml:3: models.x.proxy: invalid URL"},
      {"models:\n  x:\n    proxy: http://h\n    unlisted: \"true\"\n",
       "c.yaml:4: models.x.unlisted: expected true or false, found the quoted text"},
      {"models:\n  x:\n    proxy: http://h\n    unlisted: 1\n", "c.yaml:4: models.x.unlisted:"},
      {"models:\n  x:\n    proxy: http://h\n    aliases: [a,\n      {}]\n",
       "c.yaml:5: models.x.aliases[1]: expected a text"},
      {"models:\n  x:\n    proxy: http://h\n    aliases: [\"\"]\n",
       "c.yaml:4: models.x.aliases[0]:"},
      {"models:\n  x:\n    proxy: http://h\n    timeouts: {connect: \"30\"}\n",
       "c.yaml:4: models.x.timeouts.connect: expected a time"},
      {"models:\n  x:\n    proxy: http://h\n    timeouts: {connect: -1}\n",
       "c.yaml:4: models.x.timeouts.connect: expected a time"},
      {"models:\n  \"a\\nb\":\n    proxy: http://h\n", "c.yaml:2: models.a\\nb: a model's id"},
  }));
  const std::string message = error_of(row.text);
  INFO(message);
  CHECK(message.find(row.message) == 0);
}

TEST_CASE("an alias belongs to one model, once", "[config]") {
  CHECK(error_of("models:\n  x: {proxy: http://h, aliases: [a]}\n"
                 "  y: {proxy: http://h, aliases: [a]}\n") ==
        "c.yaml:3: models.y: duplicate alias a found in model: x");
  CHECK(contains(error_of("models:\n  x: {proxy: http://h, aliases: [a, a]}\n"),
                 "duplicate alias a found in model: x"));
}

TEST_CASE("an alias that is a model's id is allowed, and the id wins", "[config]") {
  const Config config =
      config_of("models:\n  x: {proxy: http://h, aliases: [y]}\n  y: {proxy: http://h}\n");
  REQUIRE(config.warnings.size() == 1);
  CHECK(config.warnings[0] == "c.yaml:2: models.x: alias y is also the id of a model, which wins");
}

TEST_CASE("the model of ComfyUI's pages may have many requests and idle sockets", "[config][17]") {
  const auto [limit, comes_to] =
      GENERATE(table<std::string, std::size_t>({{"10", 50}, {"50", 50}, {"60", 60}}));
  const Config config =
      config_of("models:\n  comfyui_auto: {proxy: http://h, concurrencyLimit: " + limit +
                "}\n  other: {proxy: http://h, concurrencyLimit: 10}\n");
  const ModelConfig& model = config.models.at("comfyui_auto");
  CHECK(model.concurrency_limit == comes_to);
  CHECK(model.ignore_websockets);
  CHECK(config.models.at("other").concurrency_limit == 10);
  CHECK(!config.models.at("other").ignore_websockets);
  CHECK(config_of("models: {comfyui_auto: {cmd: 'srv ${PORT}'}}\n")
            .models.at("comfyui_auto")
            .concurrency_limit == 100);
  CHECK(config_of("models: {comfyui_auto: {proxy: http://h}}\n")
            .models.at("comfyui_auto")
            .concurrency_limit == 0);  // a server that runs by itself has no limit by default
}

}  // namespace
}  // namespace llmsnap
