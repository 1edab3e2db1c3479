// The keys that say how long a model keeps its process and who comes first; many stand at the top
// level for all models too. Thread rule: used by the thread that loads.
#pragma once

#include "config/field.h"
#include "llmsnap/model_config.h"

namespace llmsnap {

/// `ttl` of a model: -1 leaves the global one.
Result<void> read_ttl(const Field& field, ModelConfig& model);
/// `globalTTL`.
Result<void> read_global_ttl(const Field& field, ModelConfig& defaults);
Result<void> read_stop_after(const Field& field, ModelConfig& model);
Result<void> read_min_residency(const Field& field, ModelConfig& model);
Result<void> read_max_keep_alive(const Field& field, ModelConfig& model);
Result<void> read_priority(const Field& field, ModelConfig& model);
Result<void> read_restart(const Field& field, ModelConfig& model);

}  // namespace llmsnap
