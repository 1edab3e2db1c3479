// GpuWatch: all GPUs of the machine, whoever made them; what dies is opened again, and what was not
// there is looked for now and then. Thread rule: one thread, which lives as long as this.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "base/back_off.h"
#include "base/clock.h"
#include "machine/gpu_source.h"

namespace llmsnap::machine {

struct GpuWays {
  /// Opens what tells of NVIDIA's GPUs; null: there is nothing that does.
  std::function<std::unique_ptr<GpuSource>()> nvidia;
  /// All others, numbered from this id on.
  std::function<std::vector<GpuSample>(int first_id)> others;
};

/// NVML, else nvidia-smi, asked `every`; AMD's by /sys.
GpuWays ways_of_this_machine(std::chrono::milliseconds every);

class GpuWatch {
 public:
  explicit GpuWatch(GpuWays ways) : ways_(std::move(ways)) {}

  /// Sorted by id; none: no GPU is seen.
  std::vector<GpuSample> read(SteadyClock::time_point now);

  /// How long after nothing was found it is looked for again.
  static constexpr std::chrono::seconds LookAgain{60};

 private:
  std::vector<GpuSample> read_nvidia(SteadyClock::time_point now);

  const GpuWays ways_;
  std::unique_ptr<GpuSource> nvidia_;
  BackOff back_off_;
};

}  // namespace llmsnap::machine
