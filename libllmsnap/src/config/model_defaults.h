// Model defaults: the keys that stand at the top level for all models, and in a model for itself.
// Thread rule: used by the thread that loads.
#pragma once

#include "config/field.h"
#include "config/sleep_section.h"
#include "llmsnap/config.h"

namespace llmsnap {

/// What the top level says for all models.
struct ModelDefaults {
  ModelConfig model;
  StepTimeouts steps;
  const Config* running = nullptr;  ///< in force now, whose models keep their ports
};

/// Each reads one key, at either place. At the top level `out` is what every model starts from. A
/// healthCheckTimeout or unloadTimeout of 0 leaves what is there.
Result<void> read_health_check_timeout(const Field& field, ModelConfig& out);
/// A plain number below 15 means 15 at the top level, as in the references.
Result<void> read_global_health_check_timeout(const Field& field, ModelConfig& out);
Result<void> read_unload_timeout(const Field& field, ModelConfig& out);
Result<void> read_queue(const Field& field, ModelConfig& out);
Result<void> read_max_wait(const Field& field, ModelConfig& out);
Result<void> read_drain_timeout(const Field& field, ModelConfig& out);
Result<void> read_send_loading_state(const Field& field, ModelConfig& out);
/// `false` is off, as 0 is.
Result<void> read_keep_alive_while_loading(const Field& field, ModelConfig& out);

}  // namespace llmsnap
