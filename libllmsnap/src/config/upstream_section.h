// The section `upstream`: what holds for requests under /upstream.
// Thread rule: used by the thread that loads.
#pragma once

#include "config/field.h"
#include "llmsnap/config.h"

namespace llmsnap {

Result<void> read_upstream(const Field& section, Config& out);

}  // namespace llmsnap
