// AMD's GPUs, as the kernel's driver tells of them in /sys: no tool of AMD's is needed, and none is
// run. Thread rule: any thread; calls block as long as the kernel takes.
#pragma once

#include <vector>

#include "machine/samples.h"
#include "machine/system_files.h"

namespace llmsnap::machine {

/// The folders of all graphics cards, /sys/class/drm/card<n>/device, in the order of their numbers.
std::vector<std::string> card_folders(const SystemFiles& files);

/// Those with memory of their own, numbered from `first_id` on. One that the kernel has put to
/// sleep tells only its name: to ask it for more would wake it.
std::vector<GpuSample> amd_gpus(const SystemFiles& files, int first_id);

/// The name of a card; "AMD GPU 744c" where the driver knows none.
std::string amd_name(const SystemFiles& files, const std::string& folder);

/// Its folder of sensors; empty: none.
std::string sensor_folder(const SystemFiles& files, const std::string& folder);

}  // namespace llmsnap::machine
