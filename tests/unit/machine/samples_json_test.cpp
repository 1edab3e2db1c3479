#include "machine/samples_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "catch.h"

namespace llmsnap::machine {
namespace {

using Json = nlohmann::json;

constexpr std::uint64_t MiB = 1024ULL * 1024;

std::string performance_json(const std::vector<SharedSample>& samples) {
  PerformanceText text(samples);
  std::string whole;
  for (std::string part = text.next(); !part.empty(); part = text.next()) {
    whole += part;
  }
  CHECK(text.next().empty());
  return whole;
}

SharedSample sample_at(std::chrono::milliseconds at, std::vector<GpuSample> gpus = {}) {
  MachineSample sample;
  sample.at = WallTime(at);
  sample.gpus = std::move(gpus);
  return std::make_shared<const MachineSample>(std::move(sample));
}

TEST_CASE("samples are told in llama-swap's shape", "[machine]") {
  MachineSample sample;
  sample.at = WallTime(std::chrono::milliseconds(1500));
  sample.system.cpu_percent = {12.5, 50};
  sample.system.memory = MemoryReading{100 * MiB, 10 * MiB, 60 * MiB, 8 * MiB, 5 * MiB};
  sample.system.load = {1, 2, 3};
  sample.system.network = {{"eth0", 7, 8}};
  sample.system.models = {{"m", 30 * MiB}};
  sample.gpus = {{0, "n", "u", 61, 70, 97, 1024 * MiB, 4096 * MiB, 45, 312.5}};
  const Json json =
      Json::parse(performance_json({std::make_shared<const MachineSample>(std::move(sample))}));
  CHECK(json["enabled"] == true);
  CHECK(json["sys_stats"] ==
        Json::parse(R"([{"timestamp":"1970-01-01T00:00:01.500Z","cpu_util_per_core":[12.5,50.0],
          "mem_total_mb":100,"mem_used_mb":40,"mem_free_mb":10,"mem_available_mb":60,
          "swap_total_mb":8,"swap_used_mb":3,"load_avg_1":1.0,"load_avg_5":2.0,"load_avg_15":3.0,
          "net_io":[{"name":"eth0","bytes_recv":7,"bytes_sent":8}],
          "models":[{"model":"m","pss_mb":30}]}])"));
  CHECK(json["gpu_stats"] ==
        Json::parse(R"([{"timestamp":"1970-01-01T00:00:01.500Z","id":0,"name":"n","uuid":"u",
          "temp_c":61.0,"vram_temp_c":70.0,"gpu_util_pct":97.0,"mem_util_pct":25.0,
          "mem_used_mb":1024,"mem_total_mb":4096,"fan_speed_pct":45.0,"power_draw_w":312.5}])"));
}

TEST_CASE("what is not known is null, and so is what there is none of", "[machine][11.30]") {
  const Json none = Json::parse(performance_json({}));
  CHECK(none == Json({{"enabled", true}, {"sys_stats", nullptr}, {"gpu_stats", nullptr}}));
  const Json json = Json::parse(performance_json({sample_at({}, {GpuSample()}), sample_at({})}));
  CHECK(json["sys_stats"].size() == 2);
  CHECK(json["sys_stats"][0]["mem_total_mb"].is_null());
  CHECK(json["sys_stats"][0]["load_avg_1"].is_null());
  CHECK(json["gpu_stats"].size() == 1);
  CHECK(json["gpu_stats"][0]["temp_c"].is_null());
  CHECK(json["gpu_stats"][0]["mem_util_pct"].is_null());
}

TEST_CASE("an hour of samples is told in order, in parts of which none is long", "[machine]") {
  const int count = GENERATE(15, 16, 17, 720);
  std::vector<SharedSample> samples;
  for (int i = 0; i < count; ++i) {
    const bool has_gpu = i > 100 || i == 14;
    samples.push_back(sample_at(std::chrono::seconds(i), std::vector<GpuSample>(has_gpu ? 2 : 0)));
  }
  PerformanceText text(samples);
  std::size_t longest = 0;
  for (std::string part = text.next(); !part.empty(); part = text.next()) {
    longest = std::max(longest, part.size());
  }
  CHECK(longest < 16384);
  const Json json = Json::parse(performance_json(samples));
  REQUIRE(json["sys_stats"].size() == static_cast<std::size_t>(count));
  CHECK(json["sys_stats"][14]["timestamp"] == "1970-01-01T00:00:14.000Z");
  CHECK(json["gpu_stats"].size() == (count == 720 ? 1240U : 2U));
}

}  // namespace
}  // namespace llmsnap::machine
