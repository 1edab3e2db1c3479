#include "machine/reference_gauges.h"

#include <array>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "metrics/exposition.h"

namespace llmsnap::machine {
namespace {

using metrics::Exposition;

void write_memory(const MemoryReading& memory, Exposition& out) {
  const auto gauge = [&out](std::string_view name, std::string_view help, std::uint64_t bytes) {
    out.begin(name, help, Exposition::Type::Gauge);
    out.add({}, bytes);
  };
  gauge("llamaswap_memory_total_bytes", "Total system memory in bytes", memory.total);
  gauge("llamaswap_memory_used_bytes", "Used system memory in bytes",
        memory.total - memory.available);
  gauge("llamaswap_memory_free_bytes", "Free system memory in bytes", memory.free);
  gauge("llamaswap_swap_total_bytes", "Total swap in bytes", memory.swap_total);
  gauge("llamaswap_swap_used_bytes", "Used swap in bytes", memory.swap_total - memory.swap_free);
}

void write_network(const std::vector<NetworkCounter>& network, Exposition& out) {
  out.begin("llamaswap_network_bytes_total", "Bytes received and sent by an interface",
            Exposition::Type::Counter);
  for (const NetworkCounter& counter : network) {
    out.add({{"interface", counter.interface}, {"direction", "recv"}}, counter.bytes_received);
    out.add({{"interface", counter.interface}, {"direction", "sent"}}, counter.bytes_sent);
  }
}

void write_system(const SystemSample& sample, Exposition& out) {
  out.begin("llamaswap_cpu_util_percent", "How busy each core is, in percent",
            Exposition::Type::Gauge);
  for (std::size_t core = 0; core < sample.cpu_percent.size(); ++core) {
    out.add({{"core", std::to_string(core)}}, sample.cpu_percent[core]);
  }
  if (sample.memory) {
    write_memory(*sample.memory, out);
  }
  if (sample.load) {
    out.begin("llamaswap_load_average", "System load average", Exposition::Type::Gauge);
    constexpr std::array<std::string_view, 3> Intervals{"1m", "5m", "15m"};
    for (std::size_t i = 0; i < Intervals.size(); ++i) {
      out.add({{"interval", std::string(Intervals[i])}}, (*sample.load)[i]);
    }
  }
  write_network(sample.network, out);
}

using GpusById = std::map<int, const GpuSample*>;

template <typename Reading>
void write_gpus(const GpusById& gpus, std::string_view name, std::string_view help, Reading reading,
                Exposition& out) {
  out.begin(name, help, Exposition::Type::Gauge);
  for (const auto& [id, gpu] : gpus) {
    const auto value = reading(*gpu);
    if (!value) {
      continue;
    }
    metrics::Labels labels{{"id", std::to_string(id)}, {"name", gpu->name}};
    if (!gpu->uuid.empty()) {
      labels.push_back({"uuid", gpu->uuid});
    }
    out.add(labels, *value);
  }
}

}  // namespace

std::string reference_gauges(const SystemSample* system, const std::vector<GpuSample>& gpus) {
  Exposition out;
  if (system != nullptr) {
    write_system(*system, out);
  }
  GpusById by_id;
  for (const GpuSample& gpu : gpus) {
    by_id[gpu.id] = &gpu;
  }
  using Gpu = const GpuSample&;
  write_gpus(
      by_id, "llamaswap_gpu_temperature_celsius", "GPU temperature in degrees Celsius",
      [](Gpu gpu) { return gpu.temperature_celsius; }, out);
  write_gpus(
      by_id, "llamaswap_gpu_vram_temperature_celsius",
      "Temperature of the GPU's memory in degrees Celsius",
      [](Gpu gpu) { return gpu.memory_temperature_celsius; }, out);
  write_gpus(
      by_id, "llamaswap_gpu_util_percent", "How busy the GPU is, in percent",
      [](Gpu gpu) { return gpu.busy_percent; }, out);
  write_gpus(
      by_id, "llamaswap_gpu_memory_util_percent", "GPU memory in use, in percent",
      [](Gpu gpu) { return gpu.memory_percent(); }, out);
  write_gpus(
      by_id, "llamaswap_gpu_memory_used_bytes", "GPU memory in use in bytes",
      [](Gpu gpu) { return gpu.memory_used; }, out);
  write_gpus(
      by_id, "llamaswap_gpu_memory_total_bytes", "Total GPU memory in bytes",
      [](Gpu gpu) { return gpu.memory_total; }, out);
  write_gpus(
      by_id, "llamaswap_gpu_fan_speed_percent", "GPU fan speed in percent",
      [](Gpu gpu) { return gpu.fan_percent; }, out);
  write_gpus(
      by_id, "llamaswap_gpu_power_draw_watts", "GPU power draw in watts",
      [](Gpu gpu) { return gpu.power_watts; }, out);
  return std::move(out).text();
}

}  // namespace llmsnap::machine
