// The complete list of models as a `modelStatus` event tells it, and what else a reader of events
// is told of the config. Thread rule: pure functions over services that any thread may ask.
#pragma once

#include <string>
#include <vector>

#include "llmsnap/config.h"
#include "route/model_service.h"
#include "route/profiles.h"

namespace llmsnap::api {

/// Models of ours by id, then those of peers.
std::string model_status_json(const route::ModelService& models);

std::string active_profile_json(const route::Profiles& profiles);

std::string ui_config_json(const std::vector<std::string>& session_headers);

}  // namespace llmsnap::api
