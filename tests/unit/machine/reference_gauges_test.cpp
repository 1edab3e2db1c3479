#include "machine/reference_gauges.h"

#include <string>

#include "catch.h"
#include "metrics/exposition.h"
#include "support/contains.h"

namespace llmsnap::machine {
namespace {

using test::contains;

constexpr std::uint64_t MiB = 1024ULL * 1024;

SystemSample full_system() {
  SystemSample sample;
  sample.cpu_percent = {12.5, 100};
  sample.memory = MemoryReading{8192 * MiB, 1024 * MiB, 4096 * MiB, 2048 * MiB, 1536 * MiB};
  sample.load = {0.5, 1.25, 2};
  sample.network = {{"eth0", 1000, 2000}};
  return sample;
}

TEST_CASE("all readings of the system are told under llama-swap's names", "[machine][S2]") {
  const SystemSample sample = full_system();
  const std::string text = reference_gauges(&sample, {});
  for (const char* const line :
       {"# TYPE llamaswap_cpu_util_percent gauge\n",
        "llamaswap_cpu_util_percent{core=\"0\"} 12.5\n",
        "llamaswap_cpu_util_percent{core=\"1\"} 100\n", "llamaswap_memory_total_bytes 8589934592\n",
        "llamaswap_memory_used_bytes 4294967296\n", "llamaswap_memory_free_bytes 1073741824\n",
        "llamaswap_swap_total_bytes 2147483648\n", "llamaswap_swap_used_bytes 536870912\n",
        "llamaswap_load_average{interval=\"1m\"} 0.5\n",
        "llamaswap_load_average{interval=\"5m\"} 1.25\n",
        "llamaswap_load_average{interval=\"15m\"} 2\n",
        "# TYPE llamaswap_network_bytes_total counter\n",
        "llamaswap_network_bytes_total{interface=\"eth0\",direction=\"recv\"} 1000\n",
        "llamaswap_network_bytes_total{interface=\"eth0\",direction=\"sent\"} 2000\n"}) {
    INFO(line);
    CHECK(contains(text, line));
  }
  CHECK_FALSE(contains(text, "_gpu_"));
}

TEST_CASE("all readings of a GPU are told under llama-swap's names", "[machine][S2]") {
  const GpuSample gpu{0, "RTX \"3090\"", "GPU-1", 61, 70.5, 97, 4096 * MiB, 8192 * MiB, 45, 312.5};
  const std::string text = reference_gauges(nullptr, {gpu});
  const std::string labels = R"({id="0",name="RTX \"3090\"",uuid="GPU-1"} )";
  for (const char* const line :
       {"llamaswap_gpu_temperature_celsius 61", "llamaswap_gpu_vram_temperature_celsius 70.5",
        "llamaswap_gpu_util_percent 97", "llamaswap_gpu_memory_util_percent 50",
        "llamaswap_gpu_memory_used_bytes 4294967296", "llamaswap_gpu_memory_total_bytes 8589934592",
        "llamaswap_gpu_fan_speed_percent 45", "llamaswap_gpu_power_draw_watts 312.5"}) {
    std::string wanted = line;
    wanted.replace(wanted.find(' '), 1, labels);
    INFO(wanted);
    CHECK(contains(text, "gauge\n" + wanted + "\n"));
  }
}

TEST_CASE("what is not known is left out, with the whole family where nobody knows",
          "[machine][S2]") {
  CHECK(reference_gauges(nullptr, {}).empty());
  const SystemSample nothing;
  CHECK(reference_gauges(&nothing, {}).empty());
  SystemSample offline = full_system();
  offline.network.clear();
  CHECK_FALSE(contains(reference_gauges(&offline, {}), "network"));
  GpuSample gpu;
  gpu.name = "quiet";
  gpu.busy_percent = 0;
  CHECK(reference_gauges(nullptr, {gpu}) ==
        "# HELP llamaswap_gpu_util_percent How busy the GPU is, in percent\n"
        "# TYPE llamaswap_gpu_util_percent gauge\n"
        "llamaswap_gpu_util_percent{id=\"0\",name=\"quiet\"} 0\n");
}

TEST_CASE("GPUs are told by id, each once, the newest", "[machine][S2]") {
  std::vector<GpuSample> gpus(3);
  gpus[0].id = 1;
  gpus[0].busy_percent = 1;
  gpus[1].id = 0;
  gpus[1].busy_percent = 2;
  gpus[2].id = 1;
  gpus[2].busy_percent = 3;
  const std::string text = reference_gauges(nullptr, gpus);
  CHECK(contains(text,
                 "gauge\nllamaswap_gpu_util_percent{id=\"0\",name=\"\"} 2\n"
                 "llamaswap_gpu_util_percent{id=\"1\",name=\"\"} 3\n"));
}

TEST_CASE("values of labels are escaped, and numbers as short as they can be", "[metrics][S2]") {
  metrics::Exposition out;
  out.begin("f_total", "with \\ and\nline", metrics::Exposition::Type::Counter);
  out.add({{"a", "x\"y\\z\n"}, {"b", ""}}, 0.1);
  out.add({}, std::uint64_t{18446744073709551615U});
  out.begin("empty", "is not written", metrics::Exposition::Type::Gauge);
  out.begin("h", "h", metrics::Exposition::Type::Histogram);
  out.add_count("_bucket", {{"le", "+Inf"}}, 3);
  out.add_as("_sum", {}, 1.5);
  CHECK(std::move(out).text() ==
        "# HELP f_total with \\\\ and\\nline\n# TYPE f_total counter\n"
        "f_total{a=\"x\\\"y\\\\z\\n\",b=\"\"} 0.1\nf_total 18446744073709551615\n"
        "# HELP h h\n# TYPE h histogram\nh_bucket{le=\"+Inf\"} 3\nh_sum 1.5\n");
}

}  // namespace
}  // namespace llmsnap::machine
