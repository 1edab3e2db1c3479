#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "machine/amd_gpus.h"
#include "machine/hardware_reader.h"
#include "machine/nvidia_smi.h"
#include "machine/nvidia_smi_lines.h"
#include "machine/nvml.h"
#include "machine/proc_texts.h"
#include "machine/tool_run.h"
#include "machine/words.h"

namespace llmsnap::machine {
namespace {

std::optional<std::string> or_absent(std::string text) {
  return text.empty() ? std::nullopt : std::optional(std::move(text));
}

std::vector<Accelerator> asked_of_nvidia_smi(const std::string& program, std::string_view query,
                                             Deadline deadline, const UniqueFd& interruption) {
  std::vector<Accelerator> devices;
  auto run = ToolRun::start({program, std::string(query), std::string(LineFormat)});
  if (run) {
    run->take_all_lines(deadline, interruption, [&devices](std::string_view line) {
      if (auto device = nvidia_accelerator(line)) {
        devices.push_back(std::move(*device));
      }
    });
  }
  return devices;
}

/// A display adapter of a server's board is no accelerator.
std::optional<std::string> vendor_of(const std::string& number) {
  if (number == "0x10de") {
    return "NVIDIA";
  }
  if (number == "0x1002") {
    return "AMD";
  }
  return number == "0x8086" ? std::optional<std::string>("Intel") : std::nullopt;
}

std::optional<Accelerator> accelerator_of_card(const SystemFiles& files,
                                               const std::string& folder) {
  Accelerator device;
  device.vendor = vendor_of(files.line(folder + "/vendor"));
  if (!device.vendor) {
    return std::nullopt;
  }
  device.pci_address = pci_address_of(files.link_name(folder));
  device.model = or_absent(files.line(folder + "/product_name"));
  device.memory_bytes = files.number<std::uint64_t>(folder + "/mem_info_vram_total");
  const std::string driver = files.link_name(folder + "/driver");
  device.driver_name = or_absent(driver);
  if (!driver.empty()) {
    device.driver_version = or_absent(files.line(fmt::format("/sys/module/{}/version", driver)));
  }
  const std::string sensors = sensor_folder(files, folder);
  if (!sensors.empty()) {
    constexpr double Microwatts = 1e6;
    if (const auto cap = files.number<double>(sensors + "/power1_cap")) {
      device.power_limit_watts = *cap / Microwatts;
    }
  }
  return device;
}

/// The least that the cgroup of ours, and those that it is in, allow.
std::optional<std::uint64_t> cgroup_limit(const SystemFiles& files) {
  const std::string groups = files.line("/proc/self/cgroup");
  std::string_view rest = groups;
  std::string group;
  while (!rest.empty()) {
    const std::string_view line = take_line(rest);
    if (line.starts_with("0::")) {
      group = line.substr(3);
    }
  }
  std::optional<std::uint64_t> least =
      memory_limit(files.line("/sys/fs/cgroup/memory/memory.limit_in_bytes"));
  while (true) {
    const auto limit = memory_limit(
        files.line(fmt::format("/sys/fs/cgroup{}/memory.max", group == "/" ? "" : group)));
    if (limit && (!least || *limit < *least)) {
      least = limit;
    }
    const std::size_t slash = group.rfind('/');
    if (slash == std::string::npos) {
      return least;
    }
    group.resize(slash);
  }
}

EnvironmentSigns signs_of(const SystemFiles& files, std::string_view cpuinfo) {
  EnvironmentSigns signs;
  signs.kernel = files.line("/proc/sys/kernel/osrelease");
  signs.docker_mark = files.exists("/.dockerenv");
  signs.podman_mark = files.exists("/run/.containerenv");
  signs.container = files.line("/run/systemd/container");
  signs.system_vendor = files.line("/sys/class/dmi/id/sys_vendor");
  signs.system_product = files.line("/sys/class/dmi/id/product_name");
  signs.hypervisor_flag = cpuinfo.find(" hypervisor") != std::string_view::npos;
  return signs;
}

}  // namespace

std::vector<Accelerator> nvidia_accelerators(const std::string& nvidia_smi, Deadline deadline,
                                             const UniqueFd& interruption) {
  if (const auto nvml = Nvml::open()) {
    return nvml->accelerators();
  }
  auto devices = asked_of_nvidia_smi(nvidia_smi, HardwareQuery, deadline, interruption);
  return devices.empty() ? asked_of_nvidia_smi(nvidia_smi, OldHardwareQuery, deadline, interruption)
                         : devices;
}

std::vector<Accelerator> kernels_accelerators(const SystemFiles& files) {
  std::vector<Accelerator> devices;
  constexpr std::string_view Nodes = "/sys/class/kfd/kfd/topology/nodes";
  for (const std::string& node : files.names_in(Nodes)) {
    const auto properties = files.read(fmt::format("{}/{}/properties", Nodes, node));
    if (auto device = properties ? kfd_accelerator(*properties) : std::nullopt) {
      devices.push_back(std::move(*device));
    }
  }
  for (const std::string& folder : card_folders(files)) {
    if (auto device = accelerator_of_card(files, folder)) {
      devices.push_back(std::move(*device));
    }
  }
  return devices;
}

std::optional<std::uint64_t> memory_capacity(const SystemFiles& files) {
  std::optional<std::uint64_t> bytes;
  if (const auto pages = present_pages(files.read("/proc/zoneinfo").value_or(std::string()))) {
    bytes = *pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  } else if (const auto memory =
                 memory_reading(files.read("/proc/meminfo").value_or(std::string()))) {
    bytes = memory->total;
  }
  const auto limit = cgroup_limit(files);
  return limit && (!bytes || *limit < *bytes) ? limit : bytes;
}

Hardware read_hardware(const SystemFiles& files, std::vector<Accelerator> first) {
  Hardware hardware;
  utsname names{};
  if (::uname(&names) == 0) {
    hardware.machine = names.machine;
  }
  const std::string cpuinfo = files.read("/proc/cpuinfo").value_or(std::string());
  auto release = files.read("/etc/os-release");
  if (!release) {
    release = files.read("/usr/lib/os-release");
  }
  hardware.system = system_in(release.value_or(std::string()));
  hardware.system.kernel = or_absent(files.line("/proc/sys/kernel/osrelease"));
  hardware.environment = environment_of(signs_of(files, cpuinfo));
  hardware.processors = processors_in(cpuinfo);
  hardware.memory_bytes = memory_capacity(files);
  std::vector<Accelerator> others = kernels_accelerators(files);
  std::move(others.begin(), others.end(), std::back_inserter(first));
  hardware.accelerators = merged(first);
  return hardware;
}

}  // namespace llmsnap::machine
