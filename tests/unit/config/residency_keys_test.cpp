#include "config_text.h"

namespace llmsnap {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Config with_model(const std::string& keys, const std::string& top = "") {
  return config_of(top + "models: {x: {proxy: 'http://h', " + keys + "}}\n");
}

TEST_CASE("a model's ttl wins over the global one, and -1 leaves that", "[config]") {
  CHECK(with_model("name: y").models.at("x").ttl == seconds(0));
  CHECK(with_model("name: y", "globalTTL: 60\n").models.at("x").ttl == seconds(60));
  CHECK(with_model("ttl: -1", "globalTTL: 60\n").models.at("x").ttl == seconds(60));
  CHECK(with_model("ttl: 0", "globalTTL: 60\n").models.at("x").ttl == seconds(0));
  CHECK(with_model("ttl: 5m", "globalTTL: 60\n").models.at("x").ttl == seconds(300));
  CHECK(contains(error_of("models: {x: {proxy: 'http://h', ttl: -2}}"), "invalid TTL value -2"));
  CHECK(contains(error_of("globalTTL: -1\n"), "globalTTL must be >= 0"));
}

TEST_CASE("what says how long a model stays is read", "[config]") {
  const ModelConfig model = with_model(
                                "stopAfter: 1h, minResidency: 250ms, priority: -3, "
                                "restart: on-failure, maxKeepAlive: 0")
                                .models.at("x");
  CHECK(model.stop_after == seconds(3600));
  CHECK(model.min_residency == milliseconds(250));
  CHECK(model.priority == -3);
  CHECK(model.restart == RestartPolicy::OnFailure);
  CHECK(model.max_keep_alive == seconds(0));
  CHECK_FALSE(with_model("name: y").models.at("x").max_keep_alive);
  const Config top = with_model("name: y", "minResidency: 3\nmaxKeepAlive: 1h\nmaxLoaded: 2\n");
  CHECK(top.models.at("x").min_residency == seconds(3));
  CHECK(top.models.at("x").max_keep_alive == seconds(3600));
  CHECK(top.max_loaded == 2);
  CHECK(contains(error_of("models: {x: {proxy: 'http://h', restart: always}}"),
                 "expected never or on-failure"));
}

TEST_CASE("keys about a process are told to have no effect where the process is not ours",
          "[config]") {
  const Config config = config_of(
      "models:\n  m: {proxy: 'http://h', ttl: 5, restart: on-failure, cmdStop: x, name: n}\n");
  CHECK(config.warnings ==
        std::vector<std::string>{"c.yaml:2: models.m: no effect on a model without cmd, whose "
                                 "process is not ours: ttl, restart, cmdStop"});
}

TEST_CASE("names that are preloaded become ids, unknown ones are told and left out", "[config]") {
  const Config config = config_of(
      "hooks:\n  on_startup:\n    preload: [' y ', x, '', nope]\n"
      "models: {x: {proxy: 'http://h', aliases: [y]}, z: {proxy: 'http://h'}}\n");
  CHECK(config.preload == std::vector<std::string>{"x"});
  REQUIRE(config.warnings.size() == 1);
  CHECK(contains(config.warnings[0],
                 "c.yaml:3: hooks.on_startup.preload[3]: no model has the id or alias nope"));
}

TEST_CASE("the idle set holds models that exist", "[config]") {
  CHECK(config_of("idle: y\nmodels: {x: {proxy: 'http://h', aliases: [y]}}\n").idle ==
        std::vector<std::string>{"x"});
  CHECK(contains(error_of("idle: [nope]\n"), "c.yaml:1: idle[0]: no model has the id"));
}

TEST_CASE("metadata is read with its types", "[config]") {
  const ModelConfig model =
      config_of(
          "macros: {n: 4, f: 1.50}\nmodels:\n  x:\n    cmd: srv ${PORT}\n"
          "    metadata: {port: '${PORT}', n: \"${n}\", f: '${f}', mix: 'a-${n}', l: [1, {k: "
          "true}]}\n")
          .models.at("x");
  CHECK(model.metadata == R"({"f":1.5,"l":[1,{"k":true}],"mix":"a-4","n":4,"port":5800})");
  const auto error = [](const std::string& keys) {
    return error_of("models: {x: {proxy: 'http://h', " + keys + "}}\n");
  };
  CHECK(contains(error("metadata: {a: {b: '${nope}'}}"),
                 "models.x.metadata.a.b: unknown macro '${nope}'"));
  CHECK(contains(error("metadata: {a: '${PID}'}"), "${PID} has a value only in cmdStop"));
}

TEST_CASE("a macro's number is what Go would print", "[config]") {
  const Config config = config_of(
      "macros: {t: 0.70, big: 1000000.0, o: 017, yes: yes, q: \"0.70\"}\n"
      "models: {x: {cmd: 'srv ${PORT} ${t} ${big} ${o} ${yes} ${q}'}}\n");
  CHECK(config.models.at("x").cmd == "srv ${PORT} 0.7 1e+06 15 yes 0.70");
}

}  // namespace
}  // namespace llmsnap
