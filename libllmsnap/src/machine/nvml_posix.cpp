#include <dlfcn.h>
#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <utility>

#include "machine/nvml.h"

namespace llmsnap::machine {
namespace {

// What we call, declared as NVIDIA documents it: its header is not there on the machines that build
// this, and the library not on those that run it without such a GPU.
using Code = int;
constexpr Code Success = 0;
struct DeviceOfNvml;
using Device = DeviceOfNvml*;

struct MemoryV1 {
  unsigned long long total, free, used;
};
struct MemoryV2 {
  unsigned version;
  unsigned long long total, reserved, free, used;
};
constexpr unsigned MemoryV2Version = sizeof(MemoryV2) | 2U << 24U;
struct Utilization {
  unsigned gpu, memory;
};
struct PciInfo {
  char short_address[16];
  unsigned domain, bus, device, device_id, subsystem_id;
  char address[32];
};
using TextBuffer = std::array<char, 96>;

constexpr unsigned ChipSensor = 0;
constexpr double Milliwatts = 1000;

template <typename Function>
void find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
}

std::string text_in(const TextBuffer& buffer) {
  return std::string(buffer.data());
}

}  // namespace

struct Nvml::Functions {
  using AskText = Code (*)(Device, char*, unsigned);
  using AskNumber = Code (*)(Device, unsigned*);

  explicit Functions(void* library) {
    find(library, "nvmlInit_v2", init);
    find(library, "nvmlShutdown", shutdown);
    find(library, "nvmlDeviceGetCount_v2", count);
    find(library, "nvmlDeviceGetHandleByIndex_v2", device_at);
    find(library, "nvmlDeviceGetName", name);
    find(library, "nvmlDeviceGetUUID", uuid);
    find(library, "nvmlDeviceGetTemperature", temperature);
    find(library, "nvmlDeviceGetUtilizationRates", utilization);
    find(library, "nvmlDeviceGetMemoryInfo", memory_v1);
    find(library, "nvmlDeviceGetMemoryInfo_v2", memory_v2);
    find(library, "nvmlDeviceGetFanSpeed", fan);
    find(library, "nvmlDeviceGetPowerUsage", power);
    find(library, "nvmlDeviceGetEnforcedPowerLimit", power_limit);
    find(library, "nvmlDeviceGetPciInfo_v3", pci);
    find(library, "nvmlDeviceGetCudaComputeCapability", capability);
    find(library, "nvmlSystemGetDriverVersion", driver_version);
  }

  bool usable() const {
    return init != nullptr && shutdown != nullptr && count != nullptr && device_at != nullptr;
  }

  static std::string text(AskText ask, Device device) {
    TextBuffer buffer{};
    const bool told = ask != nullptr && ask(device, buffer.data(), buffer.size()) == Success;
    return told ? text_in(buffer) : std::string();
  }

  static std::optional<double> number(AskNumber ask, Device device) {
    unsigned value = 0;
    const bool told = ask != nullptr && ask(device, &value) == Success;
    return told ? std::optional<double>(value) : std::nullopt;
  }

  /// All handles; nothing: the driver does not answer any more.
  std::optional<std::vector<Device>> devices() const {
    unsigned number = 0;
    if (count(&number) != Success) {
      return std::nullopt;
    }
    std::vector<Device> handles(number, nullptr);
    for (unsigned i = 0; i < number; ++i) {
      if (device_at(i, &handles[i]) != Success) {
        handles[i] = nullptr;  // one that was lost, or is not ours to see
      }
    }
    return handles;
  }

  void read_memory(Device device, GpuSample& sample) const {
    MemoryV2 newer{MemoryV2Version, 0, 0, 0, 0};
    // As nvidia-smi shows it: what the driver keeps for itself is not in use.
    if (memory_v2 != nullptr && memory_v2(device, &newer) == Success) {
      sample.memory_total = newer.total;
      sample.memory_used = newer.used;
      return;
    }
    MemoryV1 older{};
    if (memory_v1 != nullptr && memory_v1(device, &older) == Success) {
      sample.memory_total = older.total;
      sample.memory_used = older.used;
    }
  }

  GpuSample sample_of(Device device, int id) const {
    GpuSample sample;
    sample.id = id;
    sample.name = text(name, device);
    sample.uuid = text(uuid, device);
    unsigned celsius = 0;
    if (temperature != nullptr && temperature(device, ChipSensor, &celsius) == Success) {
      sample.temperature_celsius = celsius;
    }
    Utilization busy{};
    if (utilization != nullptr && utilization(device, &busy) == Success) {
      sample.busy_percent = busy.gpu;
    }
    read_memory(device, sample);
    sample.fan_percent = number(fan, device);
    if (const auto milliwatts = number(power, device)) {
      sample.power_watts = *milliwatts / Milliwatts;
    }
    return sample;
  }

  Accelerator accelerator_of(Device device) const {
    const GpuSample sample = sample_of(device, 0);
    Accelerator found;
    found.vendor = "NVIDIA";
    found.uuid = sample.uuid;
    if (!sample.name.empty()) {
      found.model = sample.name;
    }
    PciInfo where{};
    if (pci != nullptr && pci(device, &where) == Success) {
      found.pci_address = fmt::format("{:04x}:{:02x}:{:02x}.0", where.domain & 0xffffU,
                                      where.bus & 0xffU, where.device & 0x1fU);
    }
    found.memory_bytes = sample.memory_total;
    if (found.memory_bytes) {
      found.memory = AcceleratorMemory::Dedicated;
    }
    int major = 0;
    int minor = 0;
    if (capability != nullptr && capability(device, &major, &minor) == Success) {
      found.architecture = nvidia_architecture(major, minor);
    }
    if (const auto milliwatts = number(power_limit, device)) {
      found.power_limit_watts = *milliwatts / Milliwatts;
    }
    found.driver_name = "nvidia";
    TextBuffer version{};
    if (driver_version != nullptr && driver_version(version.data(), version.size()) == Success) {
      found.driver_version = text_in(version);
    }
    return found;
  }

  Code (*init)() = nullptr;
  Code (*shutdown)() = nullptr;
  Code (*count)(unsigned*) = nullptr;
  Code (*device_at)(unsigned, Device*) = nullptr;
  AskText name = nullptr;
  AskText uuid = nullptr;
  Code (*temperature)(Device, unsigned, unsigned*) = nullptr;
  Code (*utilization)(Device, Utilization*) = nullptr;
  Code (*memory_v1)(Device, MemoryV1*) = nullptr;
  Code (*memory_v2)(Device, MemoryV2*) = nullptr;
  AskNumber fan = nullptr;
  AskNumber power = nullptr;
  AskNumber power_limit = nullptr;
  Code (*pci)(Device, PciInfo*) = nullptr;
  Code (*capability)(Device, int*, int*) = nullptr;
  Code (*driver_version)(char*, unsigned) = nullptr;
};

void Nvml::CloseLibrary::operator()(void* library) const {
  ::dlclose(library);
}

std::unique_ptr<Nvml> Nvml::open(const char* library) {
  LoadedLibrary loaded(::dlopen(library, RTLD_NOW | RTLD_LOCAL));
  if (!loaded) {
    return nullptr;
  }
  auto functions = std::make_unique<Functions>(loaded.get());
  if (!functions->usable() || functions->init() != Success) {
    return nullptr;
  }
  return std::unique_ptr<Nvml>(new Nvml(std::move(loaded), std::move(functions)));
}

Nvml::Nvml(LoadedLibrary library, std::unique_ptr<Functions> functions)
    : library_(std::move(library)), functions_(std::move(functions)) {}

Nvml::~Nvml() {
  functions_->shutdown();
}

std::optional<std::vector<GpuSample>> Nvml::read() {
  const auto devices = functions_->devices();
  if (!devices) {
    return std::nullopt;
  }
  std::vector<GpuSample> samples;
  for (std::size_t i = 0; i < devices->size(); ++i) {
    if ((*devices)[i] != nullptr) {
      samples.push_back(functions_->sample_of((*devices)[i], static_cast<int>(i)));
    }
  }
  return samples;
}

std::vector<Accelerator> Nvml::accelerators() {
  std::vector<Accelerator> found;
  for (const Device device : functions_->devices().value_or(std::vector<Device>())) {
    if (device != nullptr) {
      found.push_back(functions_->accelerator_of(device));
    }
  }
  return found;
}

}  // namespace llmsnap::machine
