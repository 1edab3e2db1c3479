// The `selectors` section: names that stand for one of several models.
// Thread rule: used by the thread that loads.
#pragma once

#include "config/field.h"
#include "llmsnap/config.h"

namespace llmsnap {

/// Fills `out.selectors`; after models, groups, matrix and peers. Where it fails, `out.selectors`
/// has all of them with what could be read.
Result<void> read_selectors(const Field& section, Config& out);

}  // namespace llmsnap
