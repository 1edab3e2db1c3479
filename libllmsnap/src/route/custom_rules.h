// choose_model: the name a request is routed by, after the user's rules were asked.
// Thread rule: called on a fiber; suspends nothing.
#pragma once

#include <string>

#include "llmsnap/result.h"

namespace llmsnap::route {

struct Forwarding;
struct ForwardRequest;

/// The client's name for the model, or the one a rule put in its place; the error a rule refused
/// with.
Result<std::string> choose_model(const Forwarding& forwarding, const ForwardRequest& request);

}  // namespace llmsnap::route
