#include "machine/nvidia_smi.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "machine/nvidia_smi_lines.h"

namespace llmsnap::machine {
namespace {

constexpr int SilentRounds = 3;
/// It needs some seconds for its first line where the driver sleeps.
constexpr std::chrono::seconds SlowStart{15};
/// More would be no machine; a line is not to be trusted with our memory.
constexpr int MostGpus = 256;

}  // namespace

std::unique_ptr<NvidiaSmi> NvidiaSmi::start(const std::string& program,
                                            std::chrono::milliseconds every) {
  const auto seconds =
      std::max(std::chrono::ceil<std::chrono::seconds>(every), std::chrono::seconds(1));
  auto run = ToolRun::start({program, std::string(SampleQuery), std::string(LineFormat),
                             fmt::format("--loop={}", seconds.count())});
  return run ? std::unique_ptr<NvidiaSmi>(new NvidiaSmi(std::move(*run), seconds)) : nullptr;
}

NvidiaSmi::NvidiaSmi(ToolRun run, std::chrono::seconds every)
    : run_(std::move(run)), patience_(SilentRounds * every + SlowStart) {}

std::optional<std::vector<GpuSample>> NvidiaSmi::read() {
  const auto now = SteadyClock::now();
  const bool goes_on = run_.take_lines([this, now](std::string_view line) {
    auto sample = gpu_sample(line);
    if (sample && sample->id < MostGpus) {
      told_at_ = now;
      latest_[sample->id] = std::move(*sample);
    }
  });
  if (!goes_on || now - told_at_ > patience_) {
    return std::nullopt;
  }
  std::vector<GpuSample> samples;
  for (const auto& [id, sample] : latest_) {
    samples.push_back(sample);
  }
  return samples;
}

}  // namespace llmsnap::machine
