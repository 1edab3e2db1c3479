#include "machine/accelerator.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "machine/words.h"

namespace llmsnap::machine {
namespace {

template <typename Value>
void fill(std::optional<Value>& into, const std::optional<Value>& from) {
  if (!into) {
    into = from;
  }
}

bool is_same_device(const Accelerator& a, const Accelerator& b) {
  return (!a.pci_address.empty() && a.pci_address == b.pci_address) ||
         (!a.uuid.empty() && a.uuid == b.uuid);
}

void take_over(Accelerator& known, const Accelerator& other) {
  if (known.pci_address.empty()) {
    known.pci_address = other.pci_address;
  }
  if (known.uuid.empty()) {
    known.uuid = other.uuid;
  }
  fill(known.vendor, other.vendor);
  fill(known.model, other.model);
  fill(known.architecture, other.architecture);
  if (known.memory == AcceleratorMemory::Unknown) {
    known.memory = other.memory;
  }
  fill(known.memory_bytes, other.memory_bytes);
  // Of one source both, or the version of one would stand beside the name of another.
  if (!known.driver_name && !known.driver_version) {
    known.driver_name = other.driver_name;
    known.driver_version = other.driver_version;
  }
  fill(known.power_limit_watts, other.power_limit_watts);
}

std::optional<std::uint64_t> property(std::string_view properties, std::string_view name) {
  while (!properties.empty()) {
    std::string_view line = take_line(properties);
    if (take_word(line) == name) {
      return number_in<std::uint64_t>(line);
    }
  }
  return std::nullopt;
}

}  // namespace

std::string_view name_of(AcceleratorMemory kind) {
  switch (kind) {
    case AcceleratorMemory::Dedicated:
      return "dedicated";
    case AcceleratorMemory::Unified:
      return "unified";
    case AcceleratorMemory::SharedSystem:
      return "shared_system";
    case AcceleratorMemory::Unknown:
      break;
  }
  return "unknown";
}

std::vector<Accelerator> merged(const std::vector<Accelerator>& found) {
  std::vector<Accelerator> devices;
  for (const Accelerator& one : found) {
    const auto known =
        std::find_if(devices.begin(), devices.end(),
                     [&one](const Accelerator& other) { return is_same_device(one, other); });
    if (known == devices.end()) {
      devices.push_back(one);
    } else {
      take_over(*known, one);
    }
  }
  return devices;
}

std::string pci_address_of(std::string_view text) {
  text = trimmed(text);
  constexpr std::string_view Short = "0000:01:00.0";
  if (text.size() < Short.size()) {
    return {};
  }
  std::string address = ascii::lower_case(text.substr(text.size() - Short.size()));
  for (std::size_t i = 0; i < address.size(); ++i) {
    const bool digit = ascii::is_digit(address[i]) || (address[i] >= 'a' && address[i] <= 'f');
    const bool mark = Short[i] == ':' || Short[i] == '.';
    if (mark ? address[i] != Short[i] : !digit) {
      return {};
    }
  }
  return address;
}

std::optional<std::string> nvidia_architecture(int major, int minor) {
  switch (major) {
    case 2:
      return "Fermi";
    case 3:
      return "Kepler";
    case 5:
      return "Maxwell";
    case 6:
      return "Pascal";
    case 7:
      return minor >= 5 ? "Turing" : "Volta";
    case 8:
      return minor == 9 ? "Ada Lovelace" : "Ampere";
    case 9:
      return "Hopper";
    case 10:
    case 11:
    case 12:
      return "Blackwell";
    default:
      return std::nullopt;
  }
}

std::optional<std::string> nvidia_architecture(std::string_view compute_capability) {
  const std::size_t dot = compute_capability.find('.');
  if (dot == std::string_view::npos) {
    return std::nullopt;
  }
  const auto major = number_in<int>(compute_capability.substr(0, dot));
  const auto minor = number_in<int>(compute_capability.substr(dot + 1));
  return major && minor ? nvidia_architecture(*major, *minor) : std::nullopt;
}

std::optional<std::string> gfx_architecture(std::uint64_t target_version) {
  constexpr std::uint64_t Step = 100;
  const std::uint64_t major = target_version / (Step * Step);
  const std::uint64_t minor = target_version / Step % Step;
  const std::uint64_t stepping = target_version % Step;
  return major == 0 ? std::nullopt
                    : std::optional(fmt::format("gfx{}{:x}{:x}", major, minor, stepping));
}

std::optional<Accelerator> kfd_accelerator(std::string_view properties) {
  if (property(properties, "simd_count").value_or(0) == 0) {
    return std::nullopt;
  }
  Accelerator device;
  if (const auto location = property(properties, "location_id")) {
    const std::uint64_t domain = property(properties, "domain").value_or(0);
    device.pci_address = fmt::format("{:04x}:{:02x}:{:02x}.{}", domain & 0xffff,
                                     *location >> 8 & 0xff, *location >> 3 & 0x1f, *location & 7);
  }
  device.vendor = "AMD";
  device.architecture = gfx_architecture(property(properties, "gfx_target_version").value_or(0));
  // One chip with the processor works in the machine's memory.
  const bool has_cores = property(properties, "cpu_cores_count").value_or(0) > 0;
  device.memory = has_cores ? AcceleratorMemory::Unified : AcceleratorMemory::Dedicated;
  return device;
}

}  // namespace llmsnap::machine
