// The keys that say what is kept of requests and seen of the machine. They are checked as the
// references check them; those that have no effect in this version are warned of.
// Thread rule: used by the thread that loads.
#pragma once

#include "config/field.h"
#include "llmsnap/config.h"

namespace llmsnap {

Result<void> read_metrics_max(const Field& field, RecordingConfig& out);
Result<void> read_capture_buffer(const Field& field, RecordingConfig& out);
/// Looks at the file system: the database must be writable.
Result<void> read_store(const Field& section, RecordingConfig& out);
Result<void> read_performance(const Field& section, RecordingConfig& out);
Result<void> read_ui(const Field& section, RecordingConfig& out);

}  // namespace llmsnap
