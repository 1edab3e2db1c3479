// The `logFile` key: a path, or a mapping with path, maxSize and keep.
// Thread rule: used by the thread that loads.
#pragma once

#include <optional>

#include "config/field.h"
#include "llmsnap/config.h"

namespace llmsnap {

Result<void> read_log_file(const Field& field, std::optional<LogFileConfig>& out);

}  // namespace llmsnap
