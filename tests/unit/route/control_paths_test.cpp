#include "route/control_paths.h"

#include <string>

#include "catch.h"

namespace llmsnap::route {
namespace {

ModelConfig sleeping_by(const std::string& sleep, const std::string& wake) {
  ModelConfig model;
  model.port = 5800;
  model.sleep.enabled = true;
  model.sleep.sleep.emplace_back().target = sleep;
  model.sleep.wake.emplace_back().target = wake;
  return model;
}

const ModelConfig Vllm = sleeping_by("/sleep?level=1", "/wake_up");
const ModelConfig Sglang = sleeping_by("/release_memory_occupation", "/resume_memory_occupation");
const ModelConfig Other = sleeping_by("/api/unload/${PORT}", "/api/load?all=1");

}  // namespace

TEST_CASE("the steps that put a model to sleep and wake it are its control paths, in any spelling",
          "[route]") {
  const std::string target = GENERATE("/sleep", "/sleep?level=2", "/sleep/", "//sleep", "/%73leep",
                                      "/s%6Ceep?x", "/./sleep", "/v1/../sleep", "/v1%2f..%2Fsleep",
                                      "/../sleep", "/wake_up?tags=weights");
  CAPTURE(target);
  CHECK(is_control_path(Vllm, target));
  ModelConfig without_sleep = Vllm;
  without_sleep.sleep.enabled = false;
  CHECK_FALSE(is_control_path(without_sleep, target));
}

TEST_CASE("all that an engine's control paths reach is closed with its sleep and its wake",
          "[route]") {
  CHECK(is_control_path(Vllm, "/collective_rpc"));
  CHECK(is_control_path(Vllm, "/reset_prefix_cache?x=1"));
  CHECK(is_control_path(Vllm, "/server_info"));
  CHECK(is_control_path(Sglang, "/flush_cache"));
  CHECK(is_control_path(Sglang, "/update_weights_from_disk"));
  CHECK_FALSE(is_control_path(Sglang, "/sleep"));
  CHECK_FALSE(is_control_path(Vllm, "/flush_cache"));
  CHECK_FALSE(is_control_path(Other, "/collective_rpc"));
  CHECK_FALSE(is_control_path(sleeping_by("/sleep", "/api/load"), "/pause"));  // another server's
  CHECK(is_control_path(Other, "/api/unload/5800"));
  CHECK(is_control_path(Other, "/api/load"));
}

TEST_CASE("what a model's server is asked otherwise is no control path", "[route]") {
  const std::string target = GENERATE("/", "", "/v1/chat/completions", "/is_sleeping", "/sleepy",
                                      "/sleep/x", "/x/sleep", "/health", "/?sleep", "/%zzsleep");
  CAPTURE(target);
  CHECK_FALSE(is_control_path(Vllm, target));
}

TEST_CASE("a wake that asks for the model's health closes that to nobody", "[route]") {
  ModelConfig model = Vllm;
  model.check_endpoint = "/health";
  model.sleep.wake.emplace_back().target = "/health";
  CHECK_FALSE(is_control_path(model, "/health"));
  CHECK(is_control_path(model, "/wake_up"));
}

}  // namespace llmsnap::route
