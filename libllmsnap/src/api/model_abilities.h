// What a model can, by the names that listings and events tell it with.
// Thread rule: a pure function.
#pragma once

#include <string_view>
#include <vector>

#include "llmsnap/model_config.h"

namespace llmsnap::api {

/// `vision`, `audio_speech`, ...: only what is true.
std::vector<std::string_view> abilities_of(const CapabilityConfig& can);

}  // namespace llmsnap::api
