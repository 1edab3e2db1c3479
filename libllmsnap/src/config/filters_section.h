// The `filters` section of a model or peer. Thread rule: used by the thread that loads.
#pragma once

#include "config/field.h"
#include "llmsnap/model_config.h"

namespace llmsnap {

Result<void> read_filters(const Field& section, FilterConfig& out);

}  // namespace llmsnap
