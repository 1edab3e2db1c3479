#include "machine/nvidia_smi_lines.h"

#include <algorithm>

#include "machine/words.h"

namespace llmsnap::machine {
namespace {

constexpr std::uint64_t Mebibyte = 1024ULL * 1024;

std::vector<std::string_view> fields_of(std::string_view line) {
  std::vector<std::string_view> fields;
  while (true) {
    const std::size_t comma = line.find(',');
    fields.push_back(trimmed(line.substr(0, comma)));
    if (comma == std::string_view::npos) {
      return fields;
    }
    line.remove_prefix(comma + 1);
  }
}

std::optional<std::uint64_t> mebibytes(std::string_view field) {
  const auto count = number_in<std::uint64_t>(field);
  return count ? std::optional(*count * Mebibyte) : std::nullopt;
}

/// "[N/A]", "[Not Supported]", "N/A": what it does not know.
std::string known(std::string_view field) {
  return field.starts_with('[') || field == "N/A" ? std::string() : std::string(field);
}

std::optional<std::string> known_or_absent(std::string_view field) {
  std::string text = known(field);
  return text.empty() ? std::nullopt : std::optional(std::move(text));
}

}  // namespace

std::optional<GpuSample> gpu_sample(std::string_view line) {
  constexpr std::size_t Fields = 9;
  const std::vector<std::string_view> fields = fields_of(line);
  const auto id = number_in<int>(fields.front());
  if (fields.size() < Fields || !id || *id < 0) {
    return std::nullopt;
  }
  GpuSample sample;
  sample.id = *id;
  sample.name = known(fields[1]);
  sample.uuid = known(fields[2]);
  sample.temperature_celsius = number_in<double>(fields[3]);
  sample.busy_percent = number_in<double>(fields[4]);
  sample.memory_used = mebibytes(fields[5]);
  sample.memory_total = mebibytes(fields[6]);
  sample.fan_percent = number_in<double>(fields[7]);
  sample.power_watts = number_in<double>(fields[8]);
  return sample;
}

std::optional<Accelerator> nvidia_accelerator(std::string_view line) {
  constexpr std::size_t Fields = 7;
  const std::vector<std::string_view> fields = fields_of(line);
  if (fields.size() < Fields || !number_in<int>(fields.front())) {
    return std::nullopt;
  }
  Accelerator device;
  device.vendor = "NVIDIA";
  device.model = known_or_absent(fields[1]);
  device.uuid = known(fields[2]);
  device.pci_address = pci_address_of(fields[3]);
  device.memory_bytes = mebibytes(fields[4]);
  if (device.memory_bytes) {
    device.memory = AcceleratorMemory::Dedicated;
  }
  device.driver_name = "nvidia";
  device.driver_version = known_or_absent(fields[5]);
  device.power_limit_watts = number_in<double>(fields[6]);
  if (fields.size() > Fields) {
    device.architecture = nvidia_architecture(fields[Fields]);
  }
  return device;
}

}  // namespace llmsnap::machine
