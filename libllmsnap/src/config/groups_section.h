// The `groups` section, and its other spelling under `routing`.
// Thread rule: used by the thread that loads.
#pragma once

#include "config/field.h"
#include "llmsnap/config.h"

namespace llmsnap {

/// Fills `out.groups`; after `out.models`, in which members are looked up.
Result<void> read_groups(const Field& section, Config& out);

/// `routing.router.settings.groups`; after read_groups.
Result<void> read_routing(const Field& section, Config& out);

}  // namespace llmsnap
