// The keys of a model that listings tell and nothing else uses: `metadata`.
// Thread rule: used by the thread that loads.
#pragma once

#include "config/field.h"
#include "llmsnap/model_config.h"

namespace llmsnap {

Result<void> read_metadata(const Field& field, ModelConfig& model);

}  // namespace llmsnap
