#include "machine/nvidia_smi.h"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>

#include "catch.h"
#include "machine/nvidia_smi_lines.h"
#include "process/proc_files.h"
#include "support/eventually.h"
#include "support/temporary_folder.h"

namespace llmsnap::machine {
namespace {

constexpr std::uint64_t MiB = 1024ULL * 1024;

TEST_CASE("a line of nvidia-smi is a GPU", "[machine][S3]") {
  const auto gpu =
      gpu_sample("1, NVIDIA GeForce RTX 3090, GPU-abc, 61, 97, 20480, 24576, 45, 312.5");
  REQUIRE(gpu);
  CHECK(*gpu == GpuSample{1, "NVIDIA GeForce RTX 3090", "GPU-abc", 61, std::nullopt, 97,
                          20480 * MiB, 24576 * MiB, 45, 312.5});
  CHECK(gpu->memory_percent() == Approx(83.333).margin(0.001));
}

TEST_CASE("a line with too few fields is none, one with more is one", "[machine][S3]") {
  CHECK_FALSE(gpu_sample("0, name, GPU-a, 61, 97, 1, 2, 3"));
  CHECK_FALSE(gpu_sample(""));
  CHECK_FALSE(gpu_sample("No devices were found"));
  CHECK_FALSE(gpu_sample("x, name, GPU-a, 61, 97, 1, 2, 3, 4"));
  CHECK(gpu_sample("0, name, GPU-a, 61, 97, 1, 2, 3, 4, P0, more"));
}

TEST_CASE("what nvidia-smi does not know is not known, and not 0", "[machine][11.30]") {
  const auto gpu =
      gpu_sample("0, [N/A], [N/A], [N/A], [Not Supported], [N/A], [N/A], [N/A], [Unknown Error]");
  REQUIRE(gpu);
  CHECK(*gpu == GpuSample{0, "", "", {}, {}, {}, {}, {}, {}, {}});
  CHECK_FALSE(gpu->memory_percent());
}

TEST_CASE("of no memory nothing is in use", "[machine][S3]") {
  const auto gpu = gpu_sample("0, n, u, 1, 2, 0, 0, 3, 4");
  REQUIRE(gpu);
  CHECK(gpu->memory_percent() == 0.0);
}

TEST_CASE("what a GPU is, with and without its compute capability", "[machine][S9]") {
  const auto gpu =
      nvidia_accelerator("0, NVIDIA H100, GPU-1, 00000000:C1:00.0, 81559, 550.54.15, 700.00, 9.0");
  REQUIRE(gpu);
  CHECK(gpu->vendor == "NVIDIA");
  CHECK(gpu->model == "NVIDIA H100");
  CHECK(gpu->uuid == "GPU-1");
  CHECK(gpu->pci_address == "0000:c1:00.0");
  CHECK(gpu->memory == AcceleratorMemory::Dedicated);
  CHECK(gpu->memory_bytes == 81559 * MiB);
  CHECK(gpu->driver_version == "550.54.15");
  CHECK(gpu->power_limit_watts == 700.0);
  CHECK(gpu->architecture == "Hopper");
  const auto old = nvidia_accelerator("0, GB10, GPU-1, 0000000F:01:00.0, [N/A], 440.1, [N/A]");
  REQUIRE(old);
  CHECK_FALSE(old->memory_bytes);
  CHECK(old->memory == AcceleratorMemory::Unknown);
  CHECK_FALSE(old->power_limit_watts);
  CHECK_FALSE(old->architecture);
  CHECK_FALSE(nvidia_accelerator("Field \"compute_cap\" is not a valid field to query."));
}

/// A program that says it is nvidia-smi.
class FakeTool {
 public:
  explicit FakeTool(const std::string& script) {
    std::ofstream(path()) << "#!/bin/sh\n" << script;
    std::filesystem::permissions(path(), std::filesystem::perms::owner_all);
  }
  std::string path() const { return folder_.path("nvidia-smi"); }
  std::string path(const std::string& name) const { return folder_.path(name); }

 private:
  test::TemporaryFolder folder_;
};

constexpr std::chrono::milliseconds Every{1000};
const std::string TwoGpus =
    "echo 0, first, GPU-0, 1, 2, 3, 4, 5, 6\necho noise\necho 1, second, GPU-1, 1, 2, 3, 4, 5, 6\n";

TEST_CASE("the lines of all GPUs make one snapshot", "[machine][11.30]") {
  const FakeTool tool(TwoGpus + "exec sleep 100\n");
  const auto smi = NvidiaSmi::start(tool.path(), Every);
  REQUIRE(smi != nullptr);
  std::vector<GpuSample> gpus;
  REQUIRE(test::eventually([&] {
    auto read = smi->read();
    gpus = read.value_or(std::vector<GpuSample>());
    return gpus.size() == 2;
  }));
  CHECK(gpus[0].name == "first");
  CHECK(gpus[1].name == "second");
  CHECK(smi->read()->size() == 2);
}

TEST_CASE("nvidia-smi is asked for what we read, round after round", "[machine]") {
  const FakeTool tool("echo \"$@\" > \"$(dirname \"$0\")/asked\"\n" + TwoGpus + "exec sleep 100\n");
  const auto smi = NvidiaSmi::start(tool.path(), std::chrono::milliseconds(5001));
  REQUIRE(smi != nullptr);
  REQUIRE(test::eventually([&] { return !smi->read()->empty(); }));
  std::ifstream asked(tool.path("asked"));
  std::string line;
  std::getline(asked, line);
  CHECK(line ==
        "--query-gpu=index,name,uuid,temperature.gpu,utilization.gpu,memory.used,memory.total,"
        "fan.speed,power.draw --format=csv,noheader,nounits --loop=6");
}

TEST_CASE("an nvidia-smi that ends is dead, and one that is not there is none", "[machine]") {
  const FakeTool tool(TwoGpus);
  const auto smi = NvidiaSmi::start(tool.path(), Every);
  REQUIRE(smi != nullptr);
  CHECK(test::eventually([&] { return !smi->read(); }));
  CHECK(NvidiaSmi::start("/no/such/nvidia-smi", Every) == nullptr);
}

TEST_CASE("a line without an end takes no memory", "[machine]") {
  const FakeTool tool("head -c 300000 /dev/zero | tr '\\0' x\necho\n" + TwoGpus);
  auto run = ToolRun::start({tool.path()});
  REQUIRE(run);
  std::size_t lines = 0;
  std::size_t longest = 0;
  REQUIRE(run->take_all_lines(SteadyClock::now() + std::chrono::seconds(20), UniqueFd(),
                              [&](std::string_view line) {
                                ++lines;
                                longest = std::max(longest, line.size());
                              }));
  CHECK(lines == 3);
  CHECK(longest < 100);
}

TEST_CASE("the tool is gone, with what it started, when nobody asks any more", "[machine]") {
  const FakeTool tool("sleep 100 &\necho $! $$\nwait\n");
  pid_t child = 0;
  pid_t leader = 0;
  {
    auto run = ToolRun::start({tool.path()});
    REQUIRE(run);
    REQUIRE(test::eventually([&] {
      run->take_lines([&](std::string_view line) {
        child = std::stoi(std::string(line));
        leader = std::stoi(std::string(line.substr(line.find(' '))));
      });
      return child != 0;
    }));
  }
  CHECK(::kill(leader, 0) != 0);
  CHECK(test::eventually([&] {
    const auto stat = process::process_stat(child);
    return !stat || !stat->alive();
  }));
}

}  // namespace
}  // namespace llmsnap::machine
