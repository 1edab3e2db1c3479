#include "machine/gpu_watch.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "machine/amd_gpus.h"
#include "machine/nvidia_smi.h"
#include "machine/nvml.h"

namespace llmsnap::machine {

GpuWays ways_of_this_machine(std::chrono::milliseconds every) {
  return {.nvidia = [every]() -> std::unique_ptr<GpuSource> {
            if (auto nvml = Nvml::open()) {
              return nvml;
            }
            return NvidiaSmi::start(NvidiaSmi::Program, every);
          },
          .others = [](int first_id) { return amd_gpus(SystemFiles(), first_id); }};
}

std::vector<GpuSample> GpuWatch::read(SteadyClock::time_point now) {
  std::vector<GpuSample> gpus = read_nvidia(now);
  const int next = gpus.empty() ? 0 : gpus.back().id + 1;
  std::vector<GpuSample> others = ways_.others(next);
  std::move(others.begin(), others.end(), std::back_inserter(gpus));
  return gpus;
}

std::vector<GpuSample> GpuWatch::read_nvidia(SteadyClock::time_point now) {
  if (nvidia_ == nullptr) {
    if (back_off_.backing_off(now)) {
      return {};
    }
    nvidia_ = ways_.nvidia();
    if (nvidia_ == nullptr) {
      back_off_.put_off(now + LookAgain);
      return {};
    }
  }
  auto gpus = nvidia_->read();
  if (!gpus) {
    nvidia_.reset();
    back_off_.failed(now);
    return {};
  }
  if (!gpus->empty()) {
    back_off_.forgive();  // it has told of something
  }
  return std::move(*gpus);
}

}  // namespace llmsnap::machine
