#include "machine/hardware.h"

#include <future>
#include <nlohmann/json.hpp>
#include <string>

#include "catch.h"
#include "machine/hardware_detection.h"
#include "machine/tool_run.h"

namespace llmsnap::machine {
namespace {

using Json = nlohmann::json;

TEST_CASE("a compute capability is an architecture", "[machine][S9]") {
  const auto [capability, name] =
      GENERATE(table<const char*, const char*>({{"5.2", "Maxwell"},
                                                {"6.1", "Pascal"},
                                                {"7.0", "Volta"},
                                                {"7.5", "Turing"},
                                                {"8.0", "Ampere"},
                                                {"8.6", "Ampere"},
                                                {"8.9", "Ada Lovelace"},
                                                {"9.0", "Hopper"},
                                                {"10.0", "Blackwell"},
                                                {"12.1", "Blackwell"}}));
  CHECK(nvidia_architecture(capability) == std::string(name));
  CHECK_FALSE(nvidia_architecture("[N/A]"));
  CHECK_FALSE(nvidia_architecture("99.0"));
  CHECK_FALSE(nvidia_architecture("8"));
}

TEST_CASE("a target of AMD's driver is an architecture", "[machine][S9]") {
  CHECK(gfx_architecture(110000) == "gfx1100");
  CHECK(gfx_architecture(90010) == "gfx90a");
  CHECK(gfx_architecture(120001) == "gfx1201");
  CHECK_FALSE(gfx_architecture(0));
}

TEST_CASE("a node of the kernel's compute driver is an accelerator where it computes",
          "[machine][S9]") {
  CHECK_FALSE(kfd_accelerator("cpu_cores_count 16\nsimd_count 0\n"));
  CHECK_FALSE(kfd_accelerator(""));
  const auto apu = kfd_accelerator(
      "cpu_cores_count 32\nsimd_count 80\ngfx_target_version 110501\nlocation_id 50432\n");
  REQUIRE(apu);
  CHECK(apu->architecture == "gfx1151");
  CHECK(apu->pci_address == "0000:c5:00.0");
  CHECK(apu->memory == AcceleratorMemory::Unified);
}

TEST_CASE("addresses on the bus are written in one way", "[machine][S9]") {
  CHECK(pci_address_of("00000000:C1:00.0") == "0000:c1:00.0");
  CHECK(pci_address_of(" 0000:01:00.0\n") == "0000:01:00.0");
  CHECK(pci_address_of("[N/A]").empty());
  CHECK(pci_address_of("virtio0-display").empty());
}

TEST_CASE("entries of one device are put together, the first that knows something wins",
          "[machine][S9]") {
  Accelerator by_tool;
  by_tool.pci_address = "0000:01:00.0";
  by_tool.uuid = "GPU-1";
  by_tool.model = "NVIDIA H100";
  by_tool.driver_version = "550";
  Accelerator by_kernel;
  by_kernel.pci_address = "0000:01:00.0";
  by_kernel.model = "another name";
  by_kernel.vendor = "NVIDIA";
  by_kernel.driver_name = "nouveau";
  Accelerator by_uuid;
  by_uuid.uuid = "GPU-1";
  by_uuid.memory_bytes = 5;
  Accelerator other;
  other.pci_address = "0000:02:00.0";
  other.vendor = "AMD";
  Accelerator unknown;
  const auto devices = merged({by_tool, by_kernel, other, by_uuid, unknown, unknown});
  REQUIRE(devices.size() == 4);
  CHECK(devices[0].model == "NVIDIA H100");
  CHECK(devices[0].vendor == "NVIDIA");
  CHECK(devices[0].memory_bytes == 5);
  CHECK(devices[0].driver_version == "550");
  CHECK_FALSE(devices[0].driver_name);  // it is not the one whose version that is
  CHECK(devices[1].vendor == "AMD");
}

TEST_CASE("processors are counted by sockets, cores and threads", "[machine][S9]") {
  std::string cpuinfo;
  for (int thread = 0; thread < 8; ++thread) {
    cpuinfo += "processor\t: " + std::to_string(thread) +
               "\nvendor_id\t: AuthenticAMD\nmodel name\t: AMD EPYC 7\nphysical id\t: " +
               std::to_string(thread % 2) + "\ncore id\t\t: " + std::to_string(thread / 2 % 2) +
               "\n\n";
  }
  CHECK(processors_in(cpuinfo) == Processors{"AuthenticAMD", "AMD EPYC 7", 2, 4, 8});
  CHECK(processors_in("processor\t: 0\nCPU implementer\t: 0x41\n\nprocessor\t: 1\n") ==
        Processors{"ARM", std::nullopt, 0, 0, 2});
  CHECK(processors_in("") == Processors());
}

TEST_CASE("the system's name and version are read, quoted or not", "[machine][S9]") {
  const OperatingSystem system =
      system_in("PRETTY_NAME=\"Debian GNU/Linux 12\"\nNAME=\"Debian GNU/Linux\"\nVERSION_ID=12\n");
  CHECK(system == OperatingSystem{"Debian GNU/Linux", "12", std::nullopt});
}

TEST_CASE("where we run is told by what is there", "[machine][S9]") {
  EnvironmentSigns signs;
  CHECK(environment_of(signs).kind == EnvironmentKind::Unknown);
  signs.kernel = "6.1.0-18-amd64";
  CHECK(environment_of(signs).kind == EnvironmentKind::Native);
  signs.system_vendor = "Google";
  CHECK(environment_of(signs).kind == EnvironmentKind::Native);
  signs.hypervisor_flag = true;
  CHECK(environment_of(signs) ==
        Environment{EnvironmentKind::VirtualMachine, "Google Compute Engine"});
  signs.system_vendor = "nobody";
  CHECK(environment_of(signs) == Environment{EnvironmentKind::VirtualMachine, std::nullopt});
  signs.kernel = "5.15.0-microsoft-standard-WSL2";
  CHECK(environment_of(signs) == Environment{EnvironmentKind::Wsl, "WSL"});
  signs.container = "systemd-nspawn";
  CHECK(environment_of(signs) == Environment{EnvironmentKind::Container, "systemd-nspawn"});
  signs.podman_mark = true;
  CHECK(environment_of(signs).name == "podman");
  signs.docker_mark = true;
  CHECK(environment_of(signs).name == "docker");
}

TEST_CASE("what is not known is null, and so are counts that cannot be", "[machine][S9]") {
  Hardware hardware;
  hardware.processors.cores = -1;
  const Json json = Json::parse(hardware_json(hardware));
  CHECK(json["schema_version"] == 1);
  CHECK(json["captured_at"] == "1970-01-01T00:00:00.000Z");
  CHECK(json["capture"]["detector"]["name"] == "llmsnap");
  CHECK(json["architecture"]["name"].is_null());
  CHECK(json["operating_system"] ==
        Json({{"family", "linux"}, {"name", nullptr}, {"version", nullptr}, {"kernel", nullptr}}));
  CHECK(json["environment"] ==
        Json({{"kind", "unknown"}, {"name", nullptr}, {"version", nullptr}}));
  CHECK(json["cpu"] == Json({{"vendor", nullptr},
                             {"model", nullptr},
                             {"socket_count", nullptr},
                             {"physical_core_count", nullptr},
                             {"logical_thread_count", nullptr}}));
  CHECK(json["memory"]["capacity_bytes"].is_null());
  CHECK(json["accelerators"] == Json::array());
}

TEST_CASE("accelerators are told without which ones they are", "[machine][S9]") {
  Hardware hardware;
  hardware.machine = "aarch64";
  Accelerator gpu;
  gpu.pci_address = "0000:01:00.0";
  gpu.uuid = "GPU-secret";
  gpu.vendor = "NVIDIA";
  gpu.memory_bytes = 8589934592;
  gpu.memory = AcceleratorMemory::Dedicated;
  gpu.driver_name = "nvidia";
  hardware.accelerators = {gpu, Accelerator()};
  const std::string text = hardware_json(hardware);
  CHECK(text.find("GPU-secret") == std::string::npos);
  CHECK(text.find("01:00.0") == std::string::npos);
  const Json json = Json::parse(text);
  CHECK(json["architecture"] == Json({{"name", "arm64"}, {"raw_name", "aarch64"}}));
  CHECK(json["accelerators"][0] ==
        Json({{"index", 0},
              {"kind", "gpu"},
              {"vendor", "NVIDIA"},
              {"model", nullptr},
              {"architecture", nullptr},
              {"memory", {{"kind", "dedicated"}, {"capacity_bytes", 8589934592}}},
              {"driver", {{"name", "nvidia"}, {"version", nullptr}}},
              {"power_limit_watts", nullptr}}));
  CHECK(json["accelerators"][1]["index"] == 1);
  CHECK(json["accelerators"][1]["driver"].is_null());
  CHECK(json["accelerators"][1]["memory"]["kind"] == "unknown");
}

TEST_CASE("the hardware is found in the background, and not known until then", "[machine][S9]") {
  std::promise<void> may_end;
  std::shared_future<void> end = may_end.get_future().share();
  HardwareDetection detection([end](Deadline, const UniqueFd&) {
    end.wait();
    return Hardware();
  });
  CHECK(detection.json() == nullptr);
  CHECK_FALSE(detection.wait(SteadyClock::now()));
  may_end.set_value();
  CHECK(detection.wait(SteadyClock::now() + HardwareDetection::Patience));
  CHECK(detection.json() != nullptr);
}

TEST_CASE("a detection that goes on is interrupted at the end", "[machine]") {
  bool was_interrupted = false;
  {
    HardwareDetection detection([&was_interrupted](Deadline deadline, const UniqueFd& stop) {
      auto run = ToolRun::start({"sleep", "100"});
      if (run) {
        was_interrupted = !run->take_all_lines(deadline, stop, [](std::string_view) {});
      }
      was_interrupted = was_interrupted && SteadyClock::now() < deadline;
      return Hardware();
    });
  }
  CHECK(was_interrupted);
}

}  // namespace
}  // namespace llmsnap::machine
