// unknown_model: the error for a name that is no model of which a process could be.
// Thread rule: any thread that may ask the models.
#pragma once

#include <string_view>

#include "llmsnap/result.h"
#include "route/model_service.h"

namespace llmsnap::api {

/// NotFound: `beginning`, as the references say it, and what the name is where it is something.
Error unknown_model(std::string_view beginning, std::string_view name,
                    const route::ModelService& models);

}  // namespace llmsnap::api
