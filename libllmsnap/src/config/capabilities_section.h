// The `capabilities` of a model: what it can, for the list of models.
// Thread rule: used by the thread that loads.
#pragma once

#include "config/field.h"
#include "llmsnap/model_config.h"

namespace llmsnap {

Result<void> read_capabilities(const Field& section, CapabilityConfig& out);

}  // namespace llmsnap
