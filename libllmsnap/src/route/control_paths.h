// Paths by which a model's server is put to sleep and woken. They are the gateway's: a client that
// used them would change what the gateway takes for granted. Thread rule: a pure function.
#pragma once

#include <string_view>

#include "llmsnap/model_config.h"

namespace llmsnap::route {

/// Whether that request target is one of the model's sleep or wake steps, in whatever spelling; or
/// another control path of an engine whose sleep and wake paths they are, as vLLM has with
/// VLLM_SERVER_DEV_MODE. False where the model does not sleep.
bool is_control_path(const ModelConfig& model, std::string_view target);

}  // namespace llmsnap::route
