#include "machine/amd_gpus.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "machine/words.h"

namespace llmsnap::machine {
namespace {

constexpr std::string_view Cards = "/sys/class/drm";
constexpr std::string_view AmdVendor = "0x1002";

std::optional<double> scaled(std::optional<double> value, double unit) {
  return value ? std::optional(*value / unit) : std::nullopt;
}

struct Temperatures {
  std::optional<double> chip;
  std::optional<double> memory;
};

/// Of the chip the edge is what all tools show; else the hottest point, else whatever there is.
Temperatures temperatures(const SystemFiles& files, const std::string& sensors) {
  Temperatures found;
  int rank_of_chip = 0;
  for (const std::string& name : files.names_in(sensors)) {
    constexpr std::string_view Value = "_input";
    if (!name.starts_with("temp") || !name.ends_with(Value)) {
      continue;
    }
    constexpr double Thousandth = 1000;
    const auto celsius = scaled(files.number<double>(sensors + '/' + name), Thousandth);
    const std::string sensor = name.substr(0, name.size() - Value.size());
    const std::string label = files.line(fmt::format("{}/{}_label", sensors, sensor));
    if (!celsius) {
      continue;
    }
    if (label == "mem") {
      found.memory = celsius;
      continue;
    }
    const int rank = label == "edge" ? 3 : label == "junction" ? 2 : 1;
    if (rank > rank_of_chip) {
      rank_of_chip = rank;
      found.chip = celsius;
    }
  }
  return found;
}

std::optional<double> power(const SystemFiles& files, const std::string& sensors) {
  constexpr double Microwatts = 1e6;
  auto watts = files.number<double>(sensors + "/power1_average");
  if (!watts || *watts <= 0) {
    watts = files.number<double>(sensors + "/power1_input");
  }
  return scaled(watts, Microwatts);
}

std::optional<double> fan(const SystemFiles& files, const std::string& sensors) {
  constexpr double Fastest = 255;
  constexpr double Whole = 100;
  const auto step = files.number<double>(sensors + "/pwm1");
  return step ? std::optional(std::clamp(*step / Fastest, 0.0, 1.0) * Whole) : std::nullopt;
}

void read_sensors(const SystemFiles& files, const std::string& folder, GpuSample& sample) {
  sample.memory_total = files.number<std::uint64_t>(folder + "/mem_info_vram_total");
  sample.memory_used = files.number<std::uint64_t>(folder + "/mem_info_vram_used");
  sample.busy_percent = files.number<double>(folder + "/gpu_busy_percent");
  const std::string sensors = sensor_folder(files, folder);
  if (sensors.empty()) {
    return;
  }
  const Temperatures found = temperatures(files, sensors);
  sample.temperature_celsius = found.chip;
  sample.memory_temperature_celsius = found.memory;
  sample.power_watts = power(files, sensors);
  sample.fan_percent = fan(files, sensors);
}

}  // namespace

std::vector<std::string> card_folders(const SystemFiles& files) {
  std::vector<std::pair<int, std::string>> cards;
  for (const std::string& name : files.names_in(Cards)) {
    // Not card0-DP-1, which is a connector of it.
    const auto number = name.starts_with("card") ? number_in<int>(name.substr(4)) : std::nullopt;
    if (number) {
      cards.emplace_back(*number, fmt::format("{}/{}/device", Cards, name));
    }
  }
  std::sort(cards.begin(), cards.end());
  std::vector<std::string> folders;
  for (auto& [number, folder] : cards) {
    folders.push_back(std::move(folder));
  }
  return folders;
}

std::string sensor_folder(const SystemFiles& files, const std::string& folder) {
  const std::string sensors = folder + "/hwmon";
  const std::vector<std::string> names = files.names_in(sensors);
  return names.empty() ? std::string() : sensors + '/' + names.front();
}

std::string amd_name(const SystemFiles& files, const std::string& folder) {
  std::string name = files.line(folder + "/product_name");
  if (!name.empty()) {
    return name;
  }
  const std::string device = files.line(folder + "/device");
  return device.starts_with("0x") ? "AMD GPU " + device.substr(2) : "AMD GPU";
}

std::vector<GpuSample> amd_gpus(const SystemFiles& files, int first_id) {
  std::vector<GpuSample> gpus;
  for (const std::string& folder : card_folders(files)) {
    if (files.line(folder + "/vendor") != AmdVendor ||
        !files.exists(folder + "/mem_info_vram_total")) {
      continue;
    }
    GpuSample sample;
    sample.id = first_id + static_cast<int>(gpus.size());
    sample.name = amd_name(files, folder);
    sample.uuid = files.line(folder + "/unique_id");
    if (files.line(folder + "/power/runtime_status") != "suspended") {
      read_sensors(files, folder, sample);
    }
    gpus.push_back(std::move(sample));
  }
  return gpus;
}

}  // namespace llmsnap::machine
