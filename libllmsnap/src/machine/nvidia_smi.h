// NvidiaSmi: one nvidia-smi that goes on telling of all of NVIDIA's GPUs: for where its library
// cannot be loaded. Thread rule: one thread, which lives as long as this.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "machine/gpu_source.h"
#include "machine/tool_run.h"

namespace llmsnap::machine {

class NvidiaSmi final : public GpuSource {
 public:
  static constexpr const char* Program = "nvidia-smi";

  /// `every` is rounded up to seconds. Null: there is no such program.
  static std::unique_ptr<NvidiaSmi> start(const std::string& program,
                                          std::chrono::milliseconds every);

  /// What it told last of each GPU, whichever of its lines have come by now: it prints one for each
  /// GPU, and they make one snapshot. Dies with the program, and where that has told nothing for
  /// several rounds.
  std::optional<std::vector<GpuSample>> read() override;

 private:
  NvidiaSmi(ToolRun run, std::chrono::seconds every);

  ToolRun run_;
  const std::chrono::seconds patience_;
  SteadyClock::time_point told_at_ = SteadyClock::now();
  std::map<int, GpuSample> latest_;
};

}  // namespace llmsnap::machine
