// The `groups`, `matrix` and `routing` sections.
// Thread rule: used by the thread that loads.
#pragma once

#include "config/field.h"
#include "llmsnap/config.h"

namespace llmsnap {

/// Fills `out.groups`; after `out.models`, in which members are looked up.
Result<void> read_groups(const Field& section, Config& out);

/// `matrix` at the top level; after read_groups.
Result<void> read_top_matrix(const Field& section, Config& out);

/// `routing`: other places for both, and priorities; after them.
Result<void> read_routing(const Field& section, Config& out);

}  // namespace llmsnap
