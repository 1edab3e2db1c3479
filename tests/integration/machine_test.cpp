// The machine as a whole gateway tells of it: readings, GPUs, models' memory, hardware, reloads.
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "catch.h"
#include "support/contains.h"
#include "support/process_config.h"
#include "support/temporary_folder.h"

using namespace llmsnap;
using namespace llmsnap::test;

namespace {

using Json = nlohmann::json;
constexpr std::chrono::milliseconds Often{100};

Config often(Config config) {
  config.recording.watch_interval = Often;
  return config;
}

std::string get(const std::string& path) {
  return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
}

Json performance_of(const TestGateway& gateway, const std::string& query = {}) {
  const ReceivedAnswer answer = exchange(gateway.port(), get("/api/performance" + query));
  REQUIRE(answer.status == 200);
  return Json::parse(answer.body);
}

/// The newest sample of the model's memory, in megabytes; -1: there is none.
int memory_of(const TestGateway& gateway, const std::string& model) {
  const Json stats = performance_of(gateway)["sys_stats"];
  if (!stats.is_array()) {
    return -1;
  }
  for (const Json& memory : stats.back()["models"]) {
    if (memory["model"] == model) {
      return memory["pss_mb"];
    }
  }
  return -1;
}

/// A PATH whose first folder is this one, until the end.
class FirstInPath {
 public:
  explicit FirstInPath(const std::string& folder) : before_(::getenv("PATH")) {
    ::setenv("PATH", (folder + ":" + before_).c_str(), 1);
  }
  ~FirstInPath() { ::setenv("PATH", before_.c_str(), 1); }
  FirstInPath(const FirstInPath&) = delete;
  FirstInPath& operator=(const FirstInPath&) = delete;

 private:
  const std::string before_;
};

void write_program(const std::string& path, const std::string& script) {
  std::ofstream(path) << "#!/bin/sh\n" << script;
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
}

}  // namespace

TEST_CASE("a gateway tells how its machine stands, and what it is", "[machine][S6]") {
  const TestGateway gateway(often(Config()));
  REQUIRE(eventually([&] { return performance_of(gateway)["sys_stats"].is_array(); }));
  const Json first = performance_of(gateway)["sys_stats"][0];
  CHECK(first["mem_total_mb"] > 0);
  CHECK_FALSE(first["cpu_util_per_core"].empty());
  const std::string after = "?after=" + first["timestamp"].get<std::string>();
  CHECK(eventually([&] { return performance_of(gateway, after)["sys_stats"].is_array(); }));
  const ReceivedAnswer metrics = exchange(gateway.port(), get("/metrics"));
  CHECK(contains(metrics.body, "\nllamaswap_memory_total_bytes "));
  REQUIRE(eventually([&] { return exchange(gateway.port(), get("/api/hardware")).status == 200; }));
  const Json hardware = Json::parse(exchange(gateway.port(), get("/api/hardware")).body);
  CHECK(hardware["memory"]["capacity_bytes"] > 0);
  CHECK(hardware["operating_system"]["family"] == "linux");
}

TEST_CASE("the memory of a model is that of its processes, and gone with them", "[machine]") {
  ProcessGateway gateway(often(process_config(
      {command_model("m", "sh -c '" + fake_model() + " --port ${PORT}; echo ended'")})));
  CHECK(memory_of(gateway, "m") == -1);
  REQUIRE(gateway.processes().start("m"));
  CHECK(eventually([&] { return memory_of(gateway, "m") > 0; }));
  REQUIRE(gateway.processes().stop("m"));
  CHECK(eventually([&] { return memory_of(gateway, "m") == -1; }));
}

TEST_CASE("a new config turns the monitor off and on, and its hour begins anew", "[machine][S1]") {
  TestGateway gateway(often(Config()));
  REQUIRE(eventually([&] { return performance_of(gateway)["sys_stats"].is_array(); }));
  Config off = often(Config());
  off.recording.watches_machine = false;
  CHECK(gateway.gateway().reload(off).needs_restart.empty());
  const ReceivedAnswer answer = exchange(gateway.port(), get("/api/performance"));
  CHECK(answer.status == 503);
  CHECK(answer.body == R"({"enabled":false})");
  CHECK_FALSE(contains(exchange(gateway.port(), get("/metrics")).body, "llamaswap_"));
  Config slow;
  slow.recording.watch_interval = std::chrono::hours(1);
  gateway.gateway().reload(slow);
  CHECK(performance_of(gateway)["sys_stats"].is_null());
}

TEST_CASE("an nvidia-smi that dies is started again, and each GPU has its place in every sample",
          "[machine][11.30]") {
  const TemporaryFolder folder;
  write_program(folder.path("nvidia-smi"),
                "case \"$1\" in *compute_cap*)\n"
                "  echo '0, RTX, GPU-1, 00000000:01:00.0, 24576, 550.1, 350.00, 8.9'; exit;;\n"
                "esac\n"
                "echo '0, RTX, GPU-1, 61, [N/A], 1024, 4096, 45, 312.5'\n"
                "echo '1, RTX, GPU-2, 62, 98, 2048, 4096, 45, 312.5'\n"
                "if mkdir \"$(dirname \"$0\")/died\"; then exit 9; fi\n"
                "exec sleep 1000\n");
  const FirstInPath path(folder.path());
  const TestGateway gateway(often(Config()));
  const auto newest_gpus = [&gateway] {
    const Json json = performance_of(gateway);
    Json newest = Json::array();
    for (const Json& gpu : json["gpu_stats"]) {
      if (gpu["timestamp"] == json["sys_stats"].back()["timestamp"]) {
        newest.push_back(gpu);
      }
    }
    return newest;
  };
  REQUIRE(eventually([&] { return std::filesystem::exists(folder.path("died")); }));
  REQUIRE(eventually([&] { return newest_gpus().size() == 2; }));
  const Json gpus = newest_gpus();
  CHECK(gpus[0]["gpu_util_pct"].is_null());
  CHECK(gpus[1]["gpu_util_pct"] == 98);
  CHECK(gpus[1]["mem_util_pct"] == 50);
  const std::string metrics = exchange(gateway.port(), get("/metrics")).body;
  CHECK(contains(metrics,
                 "llamaswap_gpu_memory_used_bytes{id=\"1\",name=\"RTX\",uuid=\"GPU-2\"} "
                 "2147483648\n"));
  CHECK_FALSE(contains(metrics, "llamaswap_gpu_util_percent{id=\"0\""));
  REQUIRE(eventually([&] { return exchange(gateway.port(), get("/api/hardware")).status == 200; }));
  const Json hardware = Json::parse(exchange(gateway.port(), get("/api/hardware")).body);
  CHECK(hardware["accelerators"][0]["architecture"] == "Ada Lovelace");
  CHECK_FALSE(contains(hardware.dump(), "GPU-1"));
}
