// What nvidia-smi prints: its lines, read; and what it must be asked so that they are these.
// Thread rule: pure functions. PURE.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "machine/accelerator.h"
#include "machine/samples.h"

namespace llmsnap::machine {

inline constexpr std::string_view SampleQuery =
    "--query-gpu=index,name,uuid,temperature.gpu,utilization.gpu,memory.used,memory.total,"
    "fan.speed,power.draw";
inline constexpr std::string_view HardwareQuery =
    "--query-gpu=index,name,uuid,pci.bus_id,memory.total,driver_version,power.limit,compute_cap";
/// Of drivers that do not know compute_cap yet.
inline constexpr std::string_view OldHardwareQuery =
    "--query-gpu=index,name,uuid,pci.bus_id,memory.total,driver_version,power.limit";
inline constexpr std::string_view LineFormat = "--format=csv,noheader,nounits";

/// A line for SampleQuery. Fields that newer versions add behind are passed over; nothing: too few,
/// or no index. `[N/A]` and other words where a number should be mean that it is not known.
std::optional<GpuSample> gpu_sample(std::string_view line);

/// A line for HardwareQuery or the old one.
std::optional<Accelerator> nvidia_accelerator(std::string_view line);

}  // namespace llmsnap::machine
