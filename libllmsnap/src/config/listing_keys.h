// The keys of a model that listings tell and nothing else uses: `metadata`, `capabilities`.
// Thread rule: used by the thread that loads.
#pragma once

#include "config/field.h"
#include "llmsnap/model_config.h"

namespace llmsnap {

Result<void> read_metadata(const Field& field, ModelConfig& model);
Result<void> read_capabilities(const Field& field, ModelConfig& model);

}  // namespace llmsnap
