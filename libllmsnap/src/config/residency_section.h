// The keys of the top level that say which models are there, and how many: `hooks`, `idle`,
// `maxLoaded`. Thread rule: used by the thread that loads.
#pragma once

#include "config/field.h"
#include "llmsnap/config.h"

namespace llmsnap {

/// `hooks.on_startup.preload`; after the models. Unknown names are warned about, as the references
/// drop them.
Result<void> read_hooks(const Field& section, Config& out);

/// After the models; unknown names are errors.
Result<void> read_idle(const Field& field, Config& out);

Result<void> read_max_loaded(const Field& field, Config& out);

}  // namespace llmsnap
