// The `profiles` section: sets of names that stand for others while one of them is active.
// Thread rule: used by the thread that loads.
#pragma once

#include "config/field.h"
#include "llmsnap/config.h"

namespace llmsnap {

/// Fills `out.profiles`; after models, peers and selectors, which pins name.
Result<void> read_profiles(const Field& section, Config& out);

}  // namespace llmsnap
