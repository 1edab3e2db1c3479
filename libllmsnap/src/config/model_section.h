// The `models` section: one checked ModelConfig per entry, and the names under which they are
// found. Thread rule: used by the thread that loads.
#pragma once

#include "config/field.h"
#include "config/macros.h"
#include "llmsnap/config.h"

namespace llmsnap {

/// Fills `out.models`; after `out.start_port`. Each model starts from `defaults`. Placeholders of
/// the global and of the models' own macros are expanded, `${PORT}` gets its number.
Result<void> read_models(const Field& section, const Macros& global, const ModelConfig& defaults,
                         Config& out);

}  // namespace llmsnap
