// read_hardware: looks once at all that tells what the machine is.
// Thread rule: any thread, which must live as long as the call; it blocks, until the deadline at
// most but for what the kernel or a driver takes for one answer.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/unique_fd.h"
#include "machine/hardware.h"
#include "machine/system_files.h"

namespace llmsnap::machine {

/// By NVML, else by one run of nvidia-smi, which ends early once `interruption` is readable.
std::vector<Accelerator> nvidia_accelerators(const std::string& nvidia_smi, Deadline deadline,
                                             const UniqueFd& interruption);

/// Those that the kernel knows, from /sys/class/kfd and /sys/class/drm, several entries for one
/// device.
std::vector<Accelerator> kernels_accelerators(const SystemFiles& files);

/// The built-in memory, or less where a cgroup allows no more.
std::optional<std::uint64_t> memory_capacity(const SystemFiles& files);

/// All but when it was, with `first` before the accelerators that the kernel knows.
Hardware read_hardware(const SystemFiles& files, std::vector<Accelerator> first);

}  // namespace llmsnap::machine
