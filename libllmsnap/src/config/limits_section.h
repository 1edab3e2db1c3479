// The `limits` section.
// Thread rule: used by the thread that loads.
#pragma once

#include "config/field.h"
#include "llmsnap/config.h"

namespace llmsnap {

Result<void> read_limits(const Field& section, Config& out);

}  // namespace llmsnap
