// reference_gauges: the `llamaswap_*` families of Prometheus, as dashboards for llama-swap read
// them; what is not known is left out. Thread rule: a pure function. PURE.
#pragma once

#include <string>
#include <vector>

#include "machine/samples.h"

namespace llmsnap::machine {

/// `system`: the newest sample; null: there is none. `gpus`: of several with one id the last one
/// counts. Empty where nothing is known.
std::string reference_gauges(const SystemSample* system, const std::vector<GpuSample>& gpus);

}  // namespace llmsnap::machine
