#include <string>

#include "catch.h"
#include "machine/amd_gpus.h"
#include "machine/hardware_reader.h"
#include "machine/model_memory.h"
#include "machine/system_reader.h"
#include "system_folder.h"

namespace llmsnap::machine {
namespace {

const std::string Card = "/sys/class/drm/card1/device";

void add_amd_card(const SystemFolder& folder) {
  folder.link(Card, "/sys/devices/pci0000:00/0000:03:00.0");
  folder.write(Card + "/vendor", "0x1002\n");
  folder.write(Card + "/device", "0x744c\n");
  folder.write(Card + "/unique_id", "91ab\n");
  folder.write(Card + "/mem_info_vram_total", "25753026560\n");
  folder.write(Card + "/mem_info_vram_used", "1000000000\n");
  folder.write(Card + "/gpu_busy_percent", "37\n");
  const std::string sensors = Card + "/hwmon/hwmon3";
  folder.write(sensors + "/temp1_input", "52000\n");
  folder.write(sensors + "/temp1_label", "edge\n");
  folder.write(sensors + "/temp2_input", "71000\n");
  folder.write(sensors + "/temp2_label", "junction\n");
  folder.write(sensors + "/temp3_input", "80000\n");
  folder.write(sensors + "/temp3_label", "mem\n");
  folder.write(sensors + "/power1_average", "120500000\n");
  folder.write(sensors + "/power1_cap", "303000000\n");
  folder.write(sensors + "/pwm1", "51\n");
}

TEST_CASE("an AMD GPU is read from the kernel's files", "[machine]") {
  const SystemFolder folder;
  add_amd_card(folder);
  folder.write("/sys/class/drm/card1-DP-1/status", "connected\n");
  const auto gpus = amd_gpus(folder.files(), 2);
  REQUIRE(gpus.size() == 1);
  CHECK(gpus[0] ==
        GpuSample{2, "AMD GPU 744c", "91ab", 52, 80, 37, 1000000000, 25753026560, 20, 120.5});
}

TEST_CASE("without an edge the hottest point is the temperature, without an average the moment",
          "[machine]") {
  const SystemFolder folder;
  add_amd_card(folder);
  const std::string sensors = Card + "/hwmon/hwmon3";
  folder.write(sensors + "/temp1_label", "other\n");
  folder.write(sensors + "/power1_average", "0\n");
  folder.write(sensors + "/power1_input", "9000000\n");
  folder.write(Card + "/product_name", "Radeon PRO\n");
  const auto gpus = amd_gpus(folder.files(), 0);
  REQUIRE(gpus.size() == 1);
  CHECK(gpus[0].name == "Radeon PRO");
  CHECK(gpus[0].temperature_celsius == 71.0);
  CHECK(gpus[0].power_watts == 9.0);
}

TEST_CASE("a GPU that sleeps is not asked for more than its name", "[machine]") {
  const SystemFolder folder;
  add_amd_card(folder);
  folder.write(Card + "/power/runtime_status", "suspended\n");
  const auto gpus = amd_gpus(folder.files(), 0);
  REQUIRE(gpus.size() == 1);
  CHECK(gpus[0] == GpuSample{0, "AMD GPU 744c", "91ab", {}, {}, {}, {}, {}, {}, {}});
}

TEST_CASE("cards of others, and those without memory of their own, are no AMD GPUs", "[machine]") {
  const SystemFolder folder;
  folder.write("/sys/class/drm/card0/device/vendor", "0x8086\n");
  folder.write("/sys/class/drm/card2/device/vendor", "0x1002\n");
  CHECK(amd_gpus(folder.files(), 0).empty());
  CHECK(amd_gpus(SystemFolder().files(), 0).empty());
}

TEST_CASE("what the kernel's files tell of one accelerator becomes one", "[machine][S9]") {
  const SystemFolder folder;
  add_amd_card(folder);
  folder.link(Card + "/driver", "/sys/bus/pci/drivers/amdgpu");
  folder.write("/sys/module/amdgpu/version", "6.7.0\n");
  const std::string nodes = "/sys/class/kfd/kfd/topology/nodes";
  folder.write(nodes + "/0/properties", "cpu_cores_count 16\nsimd_count 0\n");
  folder.write(nodes + "/1/properties",
               "cpu_cores_count 0\nsimd_count 192\ngfx_target_version 110000\nlocation_id 768\n"
               "domain 0\n");
  folder.write("/sys/class/drm/card0/device/vendor", "0x1a03\n");
  const Hardware hardware = read_hardware(folder.files(), {});
  REQUIRE(hardware.accelerators.size() == 1);
  const Accelerator& gpu = hardware.accelerators[0];
  CHECK(gpu.pci_address == "0000:03:00.0");
  CHECK(gpu.vendor == "AMD");
  CHECK(gpu.architecture == "gfx1100");
  CHECK(gpu.memory == AcceleratorMemory::Dedicated);
  CHECK(gpu.memory_bytes == 25753026560);
  CHECK(gpu.driver_name == "amdgpu");
  CHECK(gpu.driver_version == "6.7.0");
  CHECK(gpu.power_limit_watts == 303.0);
}

TEST_CASE("accelerators of several makers stand beside each other", "[machine][S9]") {
  const SystemFolder folder;
  add_amd_card(folder);
  folder.link("/sys/class/drm/card0/device", "/sys/devices/pci0000:00/0000:01:00.0");
  folder.write("/sys/class/drm/card0/device/vendor", "0x10de\n");
  Accelerator nvidia;
  nvidia.pci_address = "0000:01:00.0";
  nvidia.vendor = "NVIDIA";
  nvidia.model = "NVIDIA H100";
  const Hardware hardware = read_hardware(folder.files(), {nvidia});
  REQUIRE(hardware.accelerators.size() == 2);
  CHECK(hardware.accelerators[0].model == "NVIDIA H100");
  CHECK(hardware.accelerators[1].vendor == "AMD");
}

TEST_CASE("a cgroup, or one around it, may allow less memory than there is", "[machine][S9]") {
  const SystemFolder folder;
  folder.write("/proc/meminfo", "MemTotal: 16000 kB\nMemFree: 1 kB\n");
  CHECK(memory_capacity(folder.files()) == 16000 * 1024);
  folder.write("/proc/self/cgroup", "0::/system.slice/llmsnapd.service\n");
  folder.write("/sys/fs/cgroup/system.slice/llmsnapd.service/memory.max", "max\n");
  folder.write("/sys/fs/cgroup/system.slice/memory.max", "4096000\n");
  CHECK(memory_capacity(folder.files()) == 4096000);
  folder.write("/sys/fs/cgroup/system.slice/memory.max", "99999999999999\n");
  CHECK(memory_capacity(folder.files()) == 16000 * 1024);
}

TEST_CASE("a model's memory is that of its whole tree of processes", "[machine]") {
  const SystemFolder folder;
  const auto process = [&folder](int pid, const std::string& children, int kibibytes) {
    const std::string place = "/proc/" + std::to_string(pid);
    folder.write(place + "/task/" + std::to_string(pid) + "/children", children);
    folder.write(place + "/smaps_rollup", "Pss: " + std::to_string(kibibytes) + " kB\n");
  };
  process(10, "11 12 ", 1);
  process(11, "", 2);
  process(12, "13", 4);
  process(13, "10", 8);  // numbers that were used again may look like a circle
  process(20, "", 16);
  process(21, "", 32);
  folder.write("/proc/10/task/14/children", "15");
  process(15, "", 64);
  ModelMemoryReader reader{folder.files()};
  const std::vector<ModelProcess> processes{{"tree", 10}, {"two", 20}, {"two", 21}, {"gone", 99}};
  const auto memory = reader.read(processes, SteadyClock::now());
  CHECK(memory == std::vector<ModelMemory>{{"tree", 79 * 1024}, {"two", 48 * 1024}});
}

TEST_CASE("a model that has ended holds nothing, also between two readings", "[machine]") {
  const SystemFolder folder;
  folder.write("/proc/10/smaps_rollup", "Pss: 1 kB\n");
  ModelMemoryReader reader{folder.files()};
  const auto now = SteadyClock::now();
  REQUIRE(reader.read({{"m", 10}}, now).size() == 1);
  CHECK(reader.read({{"m", 10}}, now).size() == 1);
  CHECK(reader.read({}, now).empty());
}

TEST_CASE("this machine can be read", "[machine][S9]") {
  SystemReader reader{SystemFiles()};
  reader.begin();
  const SystemSample sample = reader.read();
  CHECK_FALSE(sample.cpu_percent.empty());
  REQUIRE(sample.memory);
  CHECK(sample.memory->total > 0);
  CHECK(sample.load);
  const Hardware hardware = read_hardware(SystemFiles(), {});
  CHECK_FALSE(hardware.machine.empty());
  CHECK(hardware.memory_bytes.value_or(0) > 0);
  CHECK(hardware.processors.threads > 0);
}

}  // namespace
}  // namespace llmsnap::machine
