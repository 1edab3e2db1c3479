// usage_wish: whether a request's body is made to ask for usage.
// Thread rule: pure functions, but for what UsageAsking has learnt meanwhile.
#pragma once

#include <string_view>

#include "base/padded_bytes.h"
#include "llmsnap/model_config.h"
#include "route/json_scan.h"
#include "route/usage_asking.h"

namespace llmsnap::route {

/// Where the option stands in a body.
inline constexpr std::string_view UsageOptionPath = "stream_options.include_usage";

/// `target`: what the server gets to see. Added: the body asks for a stream at a place that has the
/// option, does not ask for usage, the model's filters say nothing of it, and its server is asked.
/// `name`: the one that the request goes on under.
UsageWish usage_wish(const PaddedBytes& body, const BodyFacts& facts, std::string_view target,
                     const ModelConfig& model, std::string_view name, const UsageAsking& asking);

}  // namespace llmsnap::route
