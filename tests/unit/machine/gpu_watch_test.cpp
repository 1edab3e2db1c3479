#include "machine/gpu_watch.h"

#include <memory>
#include <string>

#include "catch.h"
#include "machine/nvml.h"

namespace llmsnap::machine {
namespace {

using std::chrono::seconds;

GpuSample gpu_named(int id, const std::string& name) {
  GpuSample gpu;
  gpu.id = id;
  gpu.name = name;
  return gpu;
}

/// Answers as a test says.
struct FakeWays {
  int opened = 0;
  bool is_there = true;
  bool lives = true;
  std::vector<GpuSample> nvidia{gpu_named(0, "a"), gpu_named(3, "b")};
  std::vector<GpuSample> amd;

  class Source final : public GpuSource {
   public:
    explicit Source(FakeWays& ways) : ways_(ways) {}
    std::optional<std::vector<GpuSample>> read() override {
      return ways_.lives ? std::optional(ways_.nvidia) : std::nullopt;
    }

   private:
    FakeWays& ways_;
  };

  GpuWays ways() {
    return {.nvidia = [this]() -> std::unique_ptr<GpuSource> {
              ++opened;
              return is_there ? std::make_unique<Source>(*this) : nullptr;
            },
            .others =
                [this](int first_id) {
                  auto gpus = amd;
                  for (auto& gpu : gpus) {
                    gpu.id = first_id++;
                  }
                  return gpus;
                }};
  }
};

const auto Start = SteadyClock::time_point(seconds(1000));

TEST_CASE("a source that died is opened again, after ever longer pauses", "[machine][11.30]") {
  FakeWays fake;
  GpuWatch watch(fake.ways());
  CHECK(watch.read(Start).size() == 2);
  fake.lives = false;
  CHECK(watch.read(Start + seconds(5)).empty());
  CHECK(watch.read(Start + seconds(5)).empty());
  CHECK(fake.opened == 1);
  CHECK(watch.read(Start + seconds(6)).empty());  // opened, and dead again
  CHECK(fake.opened == 2);
  fake.lives = true;
  CHECK(watch.read(Start + seconds(7)).empty());
  CHECK(fake.opened == 2);
  CHECK(watch.read(Start + seconds(8)).size() == 2);
  CHECK(fake.opened == 3);
}

TEST_CASE("where there is no GPU it is looked for again now and then", "[machine]") {
  FakeWays fake;
  fake.is_there = false;
  GpuWatch watch(fake.ways());
  CHECK(watch.read(Start).empty());
  CHECK(watch.read(Start + seconds(59)).empty());
  CHECK(fake.opened == 1);
  fake.is_there = true;
  CHECK(watch.read(Start + seconds(60)).size() == 2);
  CHECK(watch.read(Start + seconds(61)).size() == 2);
  CHECK(fake.opened == 2);
}

TEST_CASE("GPUs of several makers are told together, each with a number of its own", "[machine]") {
  FakeWays fake;
  fake.amd = {gpu_named(0, "c")};
  GpuWatch watch(fake.ways());
  const auto gpus = watch.read(Start);
  REQUIRE(gpus.size() == 3);
  CHECK(gpus[2].id == 4);
  fake.is_there = false;
  fake.lives = false;
  const auto left = watch.read(Start + seconds(1));
  REQUIRE(left.size() == 1);
  CHECK(left[0].id == 0);
}

TEST_CASE("NVIDIA's library is loaded where it is, and told of what it does not know",
          "[machine]") {
  CHECK(Nvml::open("/no/such/libnvidia-ml.so.1") == nullptr);
  const auto nvml = Nvml::open(FAKE_NVML);
  REQUIRE(nvml != nullptr);
  const auto gpus = nvml->read();
  REQUIRE(gpus);
  REQUIRE(gpus->size() == 2);
  CHECK((*gpus)[0] ==
        GpuSample{0, "Fake GPU", "GPU-fake-0", 50, std::nullopt, 75, 3000, 10000, 40, 123.5});
  CHECK((*gpus)[1] == GpuSample{1, "Fake GPU", "GPU-fake-1", {}, {}, {}, 3000, 10000, {}, {}});
  const auto devices = nvml->accelerators();
  REQUIRE(devices.size() == 2);
  CHECK(devices[0].pci_address == "0001:c1:00.0");
  CHECK(devices[0].architecture == "Ada Lovelace");
  CHECK(devices[0].driver_version == "550.54");
  CHECK(devices[0].power_limit_watts == 450.0);
}

}  // namespace
}  // namespace llmsnap::machine
