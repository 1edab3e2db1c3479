#include "config/process_keys.h"

#include <csignal>

#include "config_text.h"

namespace llmsnap {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// A model with a process and these further keys, each on its line from line 4 on.
std::string with_keys(const std::string& keys) {
  return "models:\n  x:\n    cmd: srv ${PORT}\n    " + keys + "\n";
}

ModelConfig model_of(const std::string& keys) {
  return config_of(with_keys(keys)).models.at("x");
}

TEST_CASE("a command alone makes a model", "[config]") {
  const Config config = config_of("models:\n  x:\n    cmd: srv ${PORT}\n");
  ModelConfig expected;
  expected.id = "x";
  expected.cmd = "srv ${PORT}";
  expected.proxy = "http://127.0.0.1:${PORT}";
  expected.port = 5800;
  expected.concurrency_limit = 100;
  CHECK(config.models.at("x") == expected);
  CHECK(config.warnings.empty());
  CHECK(expected.check_endpoint == "/health");
  CHECK(expected.health_check_timeout == seconds(120));
  CHECK(expected.unload_timeout == seconds(10));
  CHECK(expected.stop_signal == SIGTERM);
}

TEST_CASE("a model's process keys are read", "[config]") {
  const Config config = config_of(
      "macros: {home: /opt}\n"
      "models:\n"
      "  x:\n"
      "    cmd: |\n"
      "      ${home}/srv \\\n"
      "      # --old ${gone}\n"
      "        --name '${MODEL_ID}'\n"
      "    proxy: http://h:1\n"
      "    cmdStop: |\n"
      "      # by ${force}\n"
      "      stop ${PID} $${PID}\n"
      "    checkEndpoint: /v1/models?x=%20y\n"
      "    env: [\"HOME=${home}\", EMPTY=, A=b=c]\n"
      "    cwd: ${home}/data\n"
      "    stopSignal: INT\n"
      "    healthCheckTimeout: 10m\n"
      "    unloadTimeout: 2.5\n"
      "    concurrencyLimit: 4\n"
      "    queue: {limit: 7, timeout: 90s}\n"
      "    maxWait: 250ms\n"
      "    drainTimeout: 0\n");
  ModelConfig expected;
  expected.id = "x";
  expected.cmd = "/opt/srv \\\n  --name 'x'\n";
  expected.proxy = "http://h:1";
  expected.cmd_stop = "stop ${PID} $${PID}\n";
  expected.check_endpoint = "/v1/models?x=%20y";
  expected.env = {"HOME=/opt", "EMPTY=", "A=b=c"};
  expected.cwd = "/opt/data";
  expected.stop_signal = SIGINT;
  expected.health_check_timeout = minutes(10);
  expected.unload_timeout = milliseconds(2500);
  expected.concurrency_limit = 4;
  expected.queue_limit = 7;
  expected.queue_timeout = seconds(90);
  expected.max_wait = milliseconds(250);
  expected.drain_timeout = milliseconds(0);
  CHECK(config.models.at("x") == expected);
  CHECK(config.warnings.empty());
}

TEST_CASE("what the top level says holds for models that say nothing else", "[config]") {
  const std::string models =
      "models:\n"
      "  plain: {proxy: http://h}\n"
      "  own: {proxy: http://h, healthCheckTimeout: 60, unloadTimeout: 6, maxWait: 7,\n"
      "        queue: {limit: 8}, drainTimeout: 9, sendLoadingState: false,\n"
      "        keepAliveWhileLoading: off}\n"
      "  zero: {proxy: http://h, healthCheckTimeout: 0, unloadTimeout: 0}\n";
  const std::string top =
      "healthCheckTimeout: 30\nunloadTimeout: 3\nmaxWait: 4\nqueue: {limit: 5, timeout: 6}\n"
      "drainTimeout: 8\nsendLoadingState: true\nkeepAliveWhileLoading: 2\n";
  const Config config = config_of(GENERATE(true, false) ? top + models : models + top);
  CHECK(config.warnings.empty());
  const ModelConfig& plain = config.models.at("plain");
  CHECK(plain.health_check_timeout == seconds(30));
  CHECK(plain.unload_timeout == seconds(3));
  CHECK(plain.max_wait == seconds(4));
  CHECK(plain.queue_limit == 5);
  CHECK(plain.queue_timeout == seconds(6));
  CHECK(plain.drain_timeout == seconds(8));
  CHECK(plain.send_loading_state);
  CHECK(plain.keep_alive_while_loading == seconds(2));
  const ModelConfig& own = config.models.at("own");
  CHECK(own.health_check_timeout == seconds(60));
  CHECK(own.unload_timeout == seconds(6));
  CHECK(own.max_wait == seconds(7));
  CHECK(own.queue_limit == 8);
  CHECK(own.queue_timeout == seconds(6));
  CHECK(own.drain_timeout == seconds(9));
  CHECK(!own.send_loading_state);
  CHECK(own.keep_alive_while_loading == seconds(0));
  CHECK(config.models.at("zero").health_check_timeout == seconds(30));
  CHECK(config.models.at("zero").unload_timeout == seconds(3));
  const ModelConfig zero =
      config_of("healthCheckTimeout: 0\nunloadTimeout: 0\nmodels: {x: {proxy: http://h}}\n")
          .models.at("x");
  CHECK(zero.health_check_timeout == seconds(120));
  CHECK(zero.unload_timeout == seconds(10));
  CHECK(error_of("unloadTimeout: -1\n").starts_with("c.yaml:1: unloadTimeout: expected a time"));
}

TEST_CASE("keepAliveWhileLoading may be switched off and on", "[config]") {
  const std::string text =
      GENERATE("keepAliveWhileLoading: false\nmodels:\n", "keepAliveWhileLoading: 0\nmodels:\n");
  const Config off = config_of(text +
                               "  own: {proxy: http://h, keepAliveWhileLoading: true}\n"
                               "  plain: {proxy: http://h}\n");
  CHECK(off.models.at("own").keep_alive_while_loading == seconds(10));
  CHECK(off.models.at("plain").keep_alive_while_loading == seconds(0));
  const Config on = config_of(
      "keepAliveWhileLoading: 3s\nmodels:\n"
      "  own: {proxy: http://h, keepAliveWhileLoading: yes}\n");
  CHECK(on.models.at("own").keep_alive_while_loading == seconds(3));
}

TEST_CASE("a plain number below 15 as healthCheckTimeout of all means 15, with a warning",
          "[config]") {
  const std::string low = GENERATE("3", "010", "1.4e1");
  const Config number = config_of("healthCheckTimeout: " + low + "\n" + with_keys("name: y"));
  CHECK(number.models.at("x").health_check_timeout == seconds(15));
  REQUIRE(number.warnings.size() == 1);
  CHECK(contains(number.warnings[0], "c.yaml:1: healthCheckTimeout: a number below 15 means 15 s"));
  const auto negative = parse_config("healthCheckTimeout: -1\n" + with_keys("name: y"), "c.yaml");
  REQUIRE(negative);  // which the schema finds wrong
  CHECK(negative->models.at("x").health_check_timeout == seconds(15));
  const Config own = config_of(with_keys("healthCheckTimeout: 3"));
  CHECK(own.models.at("x").health_check_timeout == seconds(3));
  CHECK(own.warnings.empty());
  const Config text = config_of("healthCheckTimeout: 3s\n" + with_keys("name: y"));
  CHECK(text.models.at("x").health_check_timeout == seconds(3));
  CHECK(text.warnings.empty());
}

TEST_CASE("the endpoint of the probe is a path or none", "[config]") {
  CHECK(model_of("checkEndpoint: \" none \"").check_endpoint == "none");
  CHECK(model_of("checkEndpoint: \"\"").check_endpoint == "/");
  CHECK(model_of("checkEndpoint: /").check_endpoint == "/");
  CHECK(model_of("checkEndpoint:").check_endpoint == "/health");
}

TEST_CASE("an idle model is asked at an interval, where there is something to ask", "[config]") {
  CHECK(model_of("name: y").health_check_interval == std::chrono::seconds(0));
  CHECK(model_of("healthCheckInterval: 250ms").health_check_interval ==
        std::chrono::milliseconds(250));
  const auto warnings_of = [](const std::string& keys) {
    return config_of("models: {x: {" + keys + "}}\n").warnings;
  };
  using Warnings = std::vector<std::string>;
  CHECK(warnings_of("cmd: 'srv ${PORT}', healthCheckInterval: 30").empty());
  CHECK(warnings_of("cmd: 'srv ${PORT}', checkEndpoint: none, healthCheckInterval: 0").empty());
  CHECK(warnings_of("healthCheckInterval: 30, cmd: 'srv ${PORT}', checkEndpoint: none") ==
        Warnings{"c.yaml:1: models.x.healthCheckInterval: no effect, as checkEndpoint is none"});
  CHECK(warnings_of("healthCheckInterval: 30, proxy: http://h") ==
        Warnings{"c.yaml:1: models.x: no effect on a model without cmd, whose process is not ours: "
                 "healthCheckInterval"});
}

TEST_CASE("a stop signal is a name or a number", "[config]") {
  struct Row {
    std::string text;
    int number;
  };
  const Row row = GENERATE(values<Row>({{"TERM", SIGTERM},
                                        {"SIGINT", SIGINT},
                                        {"sigquit", SIGQUIT},
                                        {"2", SIGINT},
                                        {"\"9\"", SIGKILL},
                                        {"usr1", SIGUSR1},
                                        {"64", 64}}));
  CHECK(model_of("stopSignal: " + row.text).stop_signal == row.number);
}

TEST_CASE("numbers that are taken as others are warned of", "[config]") {
  const auto [keys, warning] = GENERATE(table<std::string, std::string>({
      {"concurrencyLimit: -3", "concurrencyLimit: -3 is taken as 0, which means the default"},
      {"concurrencyLimit: 2.7", "concurrencyLimit: 2.7 is taken as 2"},
      {"instances: 1.5", "instances: 1.5 is taken as 1"},
  }));
  const auto config = parse_config(with_keys(keys), "c.yaml");
  REQUIRE(config);
  REQUIRE(config->warnings.size() == 1);
  CHECK(contains(config->warnings[0], warning));
  CHECK(model_of("concurrencyLimit: 1e1").concurrency_limit == 10);
}

TEST_CASE("a concurrencyLimit of 0 is the default", "[config]") {
  CHECK(model_of("concurrencyLimit: 0").concurrency_limit == 100);
  CHECK(model_of("concurrencyLimit: 1").concurrency_limit == 1);
}

TEST_CASE("env takes one text, and the whole of what it takes is kept in order", "[config]") {
  CHECK(model_of("env: A=1").env == std::vector<std::string>{"A=1"});
  CHECK(model_of("env: [A=1, A=2]").env == std::vector<std::string>{"A=1", "A=2"});
  CHECK(model_of("env: []").env.empty());
}

TEST_CASE("an anchor with a command expands differently in each model", "[config]") {
  const Config config = config_of(
      "x-defs: &srv {cmd: \"srv ${MODEL_ID} ${PORT}\", env: [\"M=${MODEL_ID}\"]}\n"
      "models: {a: *srv, b: {<<: *srv}}\n");
  CHECK(config.models.at("a").cmd == "srv a ${PORT}");
  CHECK(config.models.at("b").cmd == "srv b ${PORT}");
  CHECK(config.models.at("b").env == std::vector<std::string>{"M=b"});
  CHECK(config.models.at("b").port == 5801);
}

TEST_CASE("a process id may come to cmdStop from a macro", "[config]") {
  CHECK(model_of("macros: {stop: \"kill ${PID}\"}\n    cmdStop: ${stop}").cmd_stop ==
        "kill ${PID}");
}

TEST_CASE("a process key that cannot be is an error with line and key", "[config]") {
  struct Row {
    std::string keys;
    std::string message;
  };
  const Row row = GENERATE(values<Row>({
      {"cmdStop: [a]", "cmdStop: expected a text, found a list"},
      {"cmdStop: ${nope}", "cmdStop: unknown macro '${nope}' found in models.x.cmdStop"},
      {"cmdStop: \"a\\0b\"", "cmdStop: a zero byte"},
      {"proxy: http://h:${PORT}${PORT}", "proxy: invalid URL"},
      {"proxy: http://${nope}", "proxy: unknown macro '${nope}' found in models.x.proxy"},
      {"proxy: http://h:${PID}", "proxy: ${PID} has a value only in cmdStop"},
      {"env: {A: 1}", "env: expected a list, found a mapping"},
      {"env: [[A=1]]", "env[0]: expected a text"},
      {"env: [\"A=${PID}\"]", "env[0]: ${PID} has a value only in cmdStop"},
      {"env: [\"A=${nope}\"]", "env[0]: unknown macro '${nope}'"},
      {"env: [\"A=\\0\"]", "env[0]: a zero byte"},
      {"checkEndpoint: \"/a b\"", "checkEndpoint: the path has a space"},
      {"checkEndpoint: /a#b", "checkEndpoint: the path has"},
      {"checkEndpoint: /a%zz", "checkEndpoint: a broken percent escape"},
      {"checkEndpoint: /a%2", "checkEndpoint: a broken percent escape"},
      {"checkEndpoint: /${nope}", "checkEndpoint: unknown macro '${nope}'"},
      {"cwd: \"\"", "cwd: expected the path of a folder"},
      {"stopSignal: NOPE", "stopSignal: expected a signal such as TERM"},
      {"stopSignal: 0", "stopSignal: expected a signal"},
      {"stopSignal: 65", "stopSignal: expected a signal"},
      {"healthCheckTimeout: -1", "healthCheckTimeout: expected a time"},
      {"healthCheckInterval: -1", "healthCheckInterval: expected a time"},
      {"unloadTimeout: -1", "unloadTimeout: expected a time"},
      {"unloadTimeout: soon", "unloadTimeout: expected a time"},
      {"concurrencyLimit: many", "concurrencyLimit: expected a whole number"},
      {"queue: 3", "queue: expected a mapping"},
      {"queue: {limit: 0}", "queue.limit: expected a number from 1 to"},
      {"queue: {timeout: 0}", "queue.timeout: expected a time over 0"},
      {"maxWait: \"3\"", "maxWait: expected a time"},
      {"drainTimeout: [1]", "drainTimeout: expected a time"},
  }));
  const std::string message = error_of(with_keys(row.keys));
  INFO(message);
  CHECK(message.find("c.yaml:4: models.x." + row.message) == 0);
}

TEST_CASE("an empty command is none, and is told", "[config]") {
  const std::string empty = GENERATE("\"\"", "\" \\n\\t\"", "\"# only\\n  # comments\"");
  const Config config = config_of("models:\n  x:\n    proxy: http://h\n    cmd: " + empty + "\n");
  CHECK(config.models.at("x").cmd.empty());
  REQUIRE(config.warnings.size() == 1);
  CHECK(contains(config.warnings[0], "c.yaml:4: models.x.cmd: empty command"));
  CHECK(contains(error_of("models:\n  x:\n    cmd: " + empty + "\n"), "cmd or proxy is required"));
}

TEST_CASE("what is no NAME=value has no effect, and is told without its text", "[config]") {
  const Config config = config_of(with_keys("env: [A=1, sk-secret, =2]"));
  CHECK(config.models.at("x").env == std::vector<std::string>{"A=1"});
  const std::vector<std::string> expected{
      "c.yaml:4: models.x.env[1]: expected NAME=value, this has no effect",
      "c.yaml:4: models.x.env[2]: expected NAME=value, this has no effect"};
  CHECK(config.warnings == expected);
}

TEST_CASE("of an endpoint only the path counts", "[config]") {
  CHECK(model_of("checkEndpoint: health").check_endpoint == "/health");
  const Config config = config_of(with_keys("checkEndpoint: http://h:1/up?x"));
  CHECK(config.models.at("x").check_endpoint == "/up?x");
  CHECK(config.warnings.size() == 1);
}

TEST_CASE("a command that cannot be is an error", "[config]") {
  CHECK(error_of("models:\n  x:\n    cmd: srv ${PORT} ${PID}\n") ==
        "c.yaml:3: models.x.cmd: ${PID} has a value only in cmdStop");
  CHECK(error_of("models:\n  x:\n    cmd: srv ${PORT} ${nope}\n") ==
        "c.yaml:3: models.x.cmd: unknown macro '${nope}' found in models.x.cmd");
  CHECK(error_of("models:\n  x:\n    cmd: [srv]\n") ==
        "c.yaml:3: models.x.cmd: expected a text, found a list");
}

TEST_CASE("comment lines are those whose first character that is not blank is #", "[config]") {
  struct Row {
    std::string text;
    std::string expected;
  };
  const Row row = GENERATE(values<Row>({
      {"", ""},
      {"a", "a"},
      {"a\n", "a\n"},
      {"# a", ""},
      {"# a\n \t# b\n", ""},
      {"a \\\n  # b\n\n c # d\n#e", "a \\\n\n c # d\n"},
      {"\n\n", "\n\n"},
      {"a\r\n# b\r\nc\r\n", "a\r\nc\r\n"},
  }));
  CHECK(without_comment_lines(row.text) == row.expected);
}

TEST_CASE("several instances need a port each, and room", "[config][instances]") {
  const Config config = config_of("models: {x: {cmd: 'srv ${PORT}', instances: 3}}\n");
  CHECK(config.models.at("x").instances == 3);
  CHECK(contains(error_of("models: {x: {cmd: srv, proxy: 'http://h', instances: 2}}\n"),
                 "c.yaml:1: models.x: instances over 1 need ${PORT} in cmd"));
  CHECK(contains(error_of("models: {x: {cmd: 'srv ${PORT}', proxy: 'http://h:1', instances: 2}}\n"),
                 "instances over 1 need ${PORT} in cmd, and in proxy"));
  CHECK(contains(error_of("models: {x: {proxy: 'http://h', instances: 2}}\n"),
                 "models.x: instances needs a cmd"));
  CHECK(contains(error_of("models: {x: {cmd: 'srv ${PORT}', instances: 0}}\n"),
                 "models.x.instances: "));
  CHECK(contains(error_of("maxLoaded: 2\nmodels: {x: {cmd: 'srv ${PORT}', instances: 3}}\n"),
                 "models.x: 3 instances, and maxLoaded is 2: it never fits"));
}

}  // namespace
}  // namespace llmsnap
