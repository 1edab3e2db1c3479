#include "config_text.h"

namespace llmsnap {
namespace {

Config example(const std::string& name) {
  auto config =
      load_config(std::string(LLMSNAP_SOURCE_DIR) + "/examples/config/" + name, Warnings::Refused);
  INFO((config ? std::string() : config.error().message));
  REQUIRE(config);
  return std::move(*config);
}

TEST_CASE("the demo config has two models on the demo's ports", "[config]") {
  const Config config = example("demo.yaml");
  CHECK(config.warnings.empty());
  REQUIRE(config.models.size() == 2);
  CHECK(config.models.at("demo-small").proxy == "http://127.0.0.1:${PORT}");
  CHECK(config.groups.at(0).members == std::vector<std::string>{"demo-small", "demo-large"});
}

TEST_CASE("the full config loads without a warning and shows the defaults", "[config]") {
  const Config config = example("full.yaml");
  CHECK(config.warnings.empty());
  CHECK(config.limits == Limits{});
  const Config defaults;
  CHECK(config.io_threads == defaults.io_threads);
  CHECK(config.spool_dir == defaults.spool_dir);
  CHECK(config.shutdown_timeout == defaults.shutdown_timeout);
  CHECK(config.log_level == defaults.log_level);
  CHECK(config.access_log == defaults.access_log);
  CHECK(config.models.at("qwen-32b").proxy == "http://192.0.2.10:9001");
  CHECK(config.start_port == defaults.start_port);
  ModelConfig unset;
  const ModelConfig& model = config.models.at("qwen-32b");
  CHECK(model.health_check_timeout == unset.health_check_timeout);
  CHECK(model.unload_timeout == unset.unload_timeout);
  CHECK(model.queue_limit == unset.queue_limit);
  CHECK(model.queue_timeout == unset.queue_timeout);
  CHECK(model.max_wait == unset.max_wait);
  CHECK(model.drain_timeout == unset.drain_timeout);
  CHECK(model.keep_alive_while_loading == unset.keep_alive_while_loading);
  CHECK(config.models.at("qwen-4b").port == defaults.start_port + 1);  // own-engine has the first
  unset.cmd = "srv";
  CHECK(config.models.at("qwen-4b").concurrency_limit == concurrency_limit_of(unset));
  REQUIRE(config.groups.size() == 1);
  CHECK(config.groups[0].members == std::vector<std::string>{"qwen-32b", "qwen-4b"});
  CHECK(config.models.at("embedder").timeouts.idle == std::chrono::minutes(5));
}

}  // namespace
}  // namespace llmsnap
