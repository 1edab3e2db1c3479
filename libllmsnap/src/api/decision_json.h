// decision_json: a change of a model's state, as it is told by routes and events.
// Thread rule: a pure function.
#pragma once

#include <string>

#include "llmsnap/model_state.h"

namespace llmsnap::api {

std::string decision_json(const ModelEvent& event);

}  // namespace llmsnap::api
