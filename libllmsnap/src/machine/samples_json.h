// What is told of samples in JSON: the shape of the references, MB being 1024 * 1024 bytes, with
// null for what is not known; and `models`, `mem_available_mb` of our own.
// Thread rule: pure functions. PURE.
#pragma once

#include <string>
#include <vector>

#include "machine/samples.h"

namespace llmsnap::machine {

/// {"enabled":true,"sys_stats":[...],"gpu_stats":[...]}, each null where there is none.
std::string performance_json(const std::vector<SharedSample>& samples);

}  // namespace llmsnap::machine
