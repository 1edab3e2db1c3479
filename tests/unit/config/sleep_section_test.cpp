#include "config_text.h"

namespace llmsnap {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

std::string with_keys(const std::string& keys) {
  return "models:\n  x:\n    cmd: srv ${PORT}\n    " + keys + "\n";
}

TEST_CASE("the steps of sleep and wake are read, with the times of the top level", "[config]") {
  const Config config =
      config_of("sleepRequestTimeout: 20\nwakeRequestTimeout: 0\nmacros: {lvl: 2}\n" +
                with_keys("sleepMode: enable\n"
                          "    sleepEndpoints:\n"
                          "      - endpoint: /sleep?level=${lvl}\n"
                          "    wakeEndpoints:\n"
                          "      - {endpoint: wake_up, method: get, timeout: 3}\n"
                          "      - endpoint: /collective_rpc\n"
                          "        body: '{\"port\": ${PORT}}'"));
  CHECK(config.warnings.empty());
  const SleepConfig& sleep = config.models.at("x").sleep;
  CHECK(sleep.enabled);
  CHECK(sleep.sleep == std::vector<SleepStep>{{"/sleep?level=2", "POST", "", seconds(20)}});
  const std::vector<SleepStep> wake{{"/wake_up", "GET", "", seconds(3)},
                                    {"/collective_rpc", "POST", "{\"port\": ${PORT}}", seconds(1)}};
  CHECK(sleep.wake == wake);
}

TEST_CASE("the steps of a wake see their model's macros, and take ten seconds where none are said",
          "[config]") {
  const Config config =
      config_of("macros: {tag: all}\n" + with_keys("macros: {tag: weights, what: reload_weights}\n"
                                                   "    sleepMode: enable\n"
                                                   "    sleepEndpoints: [{endpoint: /sleep}]\n"
                                                   "    wakeEndpoints:\n"
                                                   "      - endpoint: /wake_up?tags=${tag}\n"
                                                   "      - endpoint: /collective_rpc\n"
                                                   "        body: '{\"method\": \"${what}\"}'\n"
                                                   "      - {endpoint: /reset, timeout: 3}"));
  const SleepConfig& sleep = config.models.at("x").sleep;
  CHECK(sleep.sleep.at(0).timeout == seconds(10));
  const std::vector<SleepStep> wake{
      {"/wake_up?tags=weights", "POST", "", seconds(10)},
      {"/collective_rpc", "POST", "{\"method\": \"reload_weights\"}", seconds(10)},
      {"/reset", "POST", "", seconds(3)}};
  CHECK(sleep.wake == wake);
}

TEST_CASE("sleep keys that cannot be are errors", "[config]") {
  struct Row {
    std::string keys;
    std::string message;
  };
  const Row row = GENERATE(values<Row>({
      {"sleepMode: maybe", "invalid sleepMode \"maybe\""},
      {"sleepMode: ''", "invalid sleepMode \"\""},
      {"sleepMode: enable", "requires sleepEndpoints"},
      {"{sleepMode: enable, sleepEndpoints: [{endpoint: /s}]}", "requires wakeEndpoints"},
      {"sleepEndpoints: [{method: GET}]", "sleepEndpoints[0]: endpoint path is required"},
      {"wakeEndpoints: [{endpoint: /a, method: BREW}]", "wakeEndpoints[0].method: invalid method"},
      {"wakeEndpoints: [{endpoint: /a, timeout: -1}]", "wakeEndpoints[0].timeout: expected a time"},
      {"sleepEndpoints: [{endpoint: '/${nope}'}]",
       "models.x.sleepEndpoints[0].endpoint: unknown macro '${nope}'"},
      {"wakeEndpoints: [{endpoint: '/a ${nope}'}]", "unknown macro '${nope}'"},
      {"wakeEndpoints: [{endpoint: '/a b'}]", "the path has a space"},
      {"wakeEndpoints: [{endpoint: '/a%zz'}]", "a broken percent escape"},
      {"sleep: ollama", "unknown engine \"ollama\""},
      {"sleep: {engine: vllm, level: 3}", "expected a number from 1 to 2"},
      {"sleep: {engine: vllm, tags: [a&b]}", "invalid tag"},
  }));
  const bool is_flow = row.keys.starts_with('{');
  const std::string text = is_flow
                               ? "models:\n  x: {cmd: 'srv ${PORT}', " + row.keys.substr(1) + "\n"
                               : with_keys(row.keys);
  CHECK(contains(error_of(text), row.message));
  CHECK(contains(error_of(text), "models.x"));
}

TEST_CASE("a step has a second at least", "[config]") {
  const std::string time = GENERATE("-5", "0", "200ms");
  const auto config = parse_config("sleepRequestTimeout: " + time +
                                       "\nmodels:\n  m:\n    cmd: s ${PORT}\n"
                                       "    sleepMode: enable\n"
                                       "    sleepEndpoints: [{endpoint: /s}]\n"
                                       "    wakeEndpoints: [{endpoint: /w}]\n",
                                   "c.yaml");
  REQUIRE(config);
  CHECK(config->models.at("m").sleep.sleep.at(0).timeout == std::chrono::seconds(1));
  CHECK(config->warnings.size() == (time == "0" ? 0 : 1));
  CHECK((config->warnings.empty() ||
         contains(config->warnings[0], "sleepRequestTimeout: less than a second is taken as one")));
}

TEST_CASE("a step that names a port needs a command that takes one", "[config]") {
  const std::string start =
      "models: {x: {cmd: srv, proxy: 'http://h:1', wakeEndpoints: [{endpoint: ";
  CHECK(contains(error_of(start + "'/a?p=${PORT}'}]}}\n"), "uses ${PORT} but cmd does not"));
  CHECK(contains(error_of(start + "/a, body: '${PORT}'}]}}\n"), "uses ${PORT} but cmd does not"));
}

TEST_CASE("stopAfter of a model that does not sleep is told to have no effect", "[config]") {
  CHECK(config_of(with_keys("sleep: vllm\n    stopAfter: 3")).warnings.empty());
  const Config config = config_of(with_keys("stopAfter: 3"));
  REQUIRE(config.warnings.size() == 1);
  CHECK(contains(config.warnings[0], "models.x: stopAfter has no effect"));
}

TEST_CASE("a level that an engine does not know is told to have no effect", "[config]") {
  CHECK(config_of(with_keys("sleep: {engine: vllm, level: 2}")).warnings.empty());
  CHECK(config_of(with_keys("sleep: {engine: sglang}")).warnings.empty());
  const Config config = config_of(with_keys("sleep: {engine: sglang, level: 2}"));
  REQUIRE(config.warnings.size() == 1);
  CHECK(contains(config.warnings[0], "models.x.sleep: level has no effect with sglang"));
}

TEST_CASE("one word stands for all that an engine needs", "[config]") {
  const ModelConfig vllm = config_of(with_keys("sleep: vllm")).models.at("x");
  CHECK(vllm.sleep.enabled);
  CHECK(vllm.sleep.sleep == std::vector<SleepStep>{{"/sleep?level=1", "POST", "", minutes(2)}});
  CHECK(vllm.sleep.wake == std::vector<SleepStep>{{"/wake_up", "POST", "", minutes(2)}});
  CHECK(vllm.env == std::vector<std::string>{"VLLM_SERVER_DEV_MODE=1"});

  const ModelConfig deep =
      config_of(with_keys("sleep: {engine: vllm, level: 2}\n    env: [A=1]")).models.at("x");
  REQUIRE(deep.sleep.wake.size() == 4);
  CHECK(deep.sleep.wake[1].body == R"({"method":"reload_weights"})");
  CHECK(deep.env == std::vector<std::string>{"VLLM_SERVER_DEV_MODE=1", "A=1"});

  const ModelConfig sglang =
      config_of(with_keys("sleep: {engine: sglang, tags: [weights, kv_cache]}")).models.at("x");
  CHECK(sglang.sleep.sleep[0].body == R"({"tags":["weights","kv_cache"]})");
  CHECK(sglang.sleep.wake[0].target == "/resume_memory_occupation");
  CHECK(sglang.env.empty());

  CHECK(contains(error_of(with_keys("sleep: vllm\n    sleepMode: enable")),
                 "models.x.sleep: sleep stands for sleepMode"));
}

}  // namespace
}  // namespace llmsnap
