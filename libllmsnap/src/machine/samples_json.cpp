#include "machine/samples_json.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "base/timestamp.h"

namespace llmsnap::machine {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint64_t Megabyte = 1024ULL * 1024;

template <typename Value>
Json or_null(const std::optional<Value>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json megabytes(const std::optional<std::uint64_t>& bytes) {
  return bytes ? Json(*bytes / Megabyte) : Json(nullptr);
}

void add_memory(const std::optional<MemoryReading>& memory, Json& json) {
  const auto told = [&memory](auto bytes) {
    return memory ? Json(bytes(*memory) / Megabyte) : Json(nullptr);
  };
  json["mem_total_mb"] = told([](const MemoryReading& m) { return m.total; });
  json["mem_used_mb"] = told([](const MemoryReading& m) { return m.total - m.available; });
  json["mem_free_mb"] = told([](const MemoryReading& m) { return m.free; });
  json["mem_available_mb"] = told([](const MemoryReading& m) { return m.available; });
  json["swap_total_mb"] = told([](const MemoryReading& m) { return m.swap_total; });
  json["swap_used_mb"] = told([](const MemoryReading& m) { return m.swap_total - m.swap_free; });
}

Json system_json(const std::string& at, const SystemSample& sample) {
  Json json{{"timestamp", at}, {"cpu_util_per_core", sample.cpu_percent}};
  add_memory(sample.memory, json);
  const auto load = [&sample](std::size_t i) {
    return sample.load ? Json((*sample.load)[i]) : Json(nullptr);
  };
  json["load_avg_1"] = load(0);
  json["load_avg_5"] = load(1);
  json["load_avg_15"] = load(2);
  Json network = Json::array();
  for (const NetworkCounter& counter : sample.network) {
    network.push_back({{"name", counter.interface},
                       {"bytes_recv", counter.bytes_received},
                       {"bytes_sent", counter.bytes_sent}});
  }
  json["net_io"] = std::move(network);
  Json models = Json::array();
  for (const ModelMemory& memory : sample.models) {
    models.push_back({{"model", memory.model}, {"pss_mb", memory.bytes / Megabyte}});
  }
  json["models"] = std::move(models);
  return json;
}

Json gpu_json(const std::string& at, const GpuSample& gpu) {
  return {{"timestamp", at},
          {"id", gpu.id},
          {"name", gpu.name},
          {"uuid", gpu.uuid},
          {"temp_c", or_null(gpu.temperature_celsius)},
          {"vram_temp_c", or_null(gpu.memory_temperature_celsius)},
          {"gpu_util_pct", or_null(gpu.busy_percent)},
          {"mem_util_pct", or_null(gpu.memory_percent())},
          {"mem_used_mb", megabytes(gpu.memory_used)},
          {"mem_total_mb", megabytes(gpu.memory_total)},
          {"fan_speed_pct", or_null(gpu.fan_percent)},
          {"power_draw_w", or_null(gpu.power_watts)}};
}

std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// Samples in one part.
constexpr std::size_t InPart = 16;

}  // namespace

const std::string& PerformanceText::next() {
  part_.clear();
  if (step_ == Step::System) {
    write_system();
  } else if (step_ == Step::Gpus) {
    write_gpus();
  }
  return part_;
}

void PerformanceText::write_system() {
  if (at_ == 0) {
    part_ = R"({"enabled":true,"sys_stats":)";
    part_ += samples_.empty() ? "null" : "[";
  }
  for (std::size_t i = 0; i < InPart && at_ < samples_.size(); ++i, ++at_) {
    const MachineSample& sample = *samples_[at_];
    part_ += at_ == 0 ? "" : ",";
    part_ += text_of(system_json(utc_timestamp(sample.at), sample.system));
  }
  if (at_ == samples_.size()) {
    part_ += samples_.empty() ? "" : "]";
    part_ += R"(,"gpu_stats":)";
    at_ = 0;
    step_ = Step::Gpus;
  }
}

void PerformanceText::write_gpus() {
  // Never empty before the end: that would be the end.
  for (std::size_t i = 0; (i < InPart || part_.empty()) && at_ < samples_.size(); ++i, ++at_) {
    const MachineSample& sample = *samples_[at_];
    for (const GpuSample& gpu : sample.gpus) {
      part_ += std::exchange(has_gpu_, true) ? "," : "[";
      part_ += text_of(gpu_json(utc_timestamp(sample.at), gpu));
    }
  }
  if (at_ == samples_.size()) {
    part_ += has_gpu_ ? "]}" : "null}";
    step_ = Step::End;
  }
}

}  // namespace llmsnap::machine
