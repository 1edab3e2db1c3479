// The `models` section: one checked ModelConfig per entry, and the names under which they are
// found. Thread rule: used by the thread that loads.
#pragma once

#include "config/field.h"
#include "config/macros.h"
#include "config/model_defaults.h"
#include "llmsnap/config.h"

namespace llmsnap {

/// Fills `out.models`; after `out.start_port`. Each model starts from `defaults`. Placeholders of
/// the global and of the models' own macros are expanded, `${PORT}` gets its number. Where it
/// fails, `out.models` has all whose entry can be read at all, so that what names them can be
/// checked.
Result<void> read_models(const Field& section, const Macros& global, const ModelDefaults& defaults,
                         Config& out);

}  // namespace llmsnap
