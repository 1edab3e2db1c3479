// The `matrix` section: which models may be there together, as expressions.
// Thread rule: used by the thread that loads.
#pragma once

#include "config/field.h"
#include "llmsnap/config.h"

namespace llmsnap {

/// After the models, whose ids it names. What it gives compiles.
Result<void> read_matrix(const Field& section, const Config& config, MatrixConfig& out);

}  // namespace llmsnap
