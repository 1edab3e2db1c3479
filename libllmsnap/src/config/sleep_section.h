// The keys of a model that say how it sleeps and wakes: `sleepMode` with its lists, and the presets
// of `sleep`. Thread rule: used by the thread that loads.
#pragma once

#include <chrono>
#include <optional>

#include "config/field.h"
#include "llmsnap/model_config.h"

namespace llmsnap {

/// What a step that names no time of its own gets; absent: as long as such steps take.
struct StepTimeouts {
  std::optional<std::chrono::milliseconds> sleep;
  std::optional<std::chrono::milliseconds> wake;
};

/// sleepRequestTimeout and wakeRequestTimeout; under a second they become one.
Result<void> read_step_timeout(const Field& field, std::optional<std::chrono::milliseconds>& out);

/// Reads all keys of the model that concern it, and adds to its env what a preset's engine needs.
Result<void> read_sleep(const Field& model_field, const StepTimeouts& timeouts, ModelConfig& model);

}  // namespace llmsnap
