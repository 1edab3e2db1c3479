// How a model stands in the words of llama.cpp's router.
// Thread rule: pure functions; a snapshot may be old when it is read.
#pragma once

#include <optional>
#include <string_view>

#include "llmsnap/model_state.h"
#include "route/model_service.h"

namespace llmsnap::api {

/// "unloaded", "loading", "loaded" or "sleeping".
std::string_view router_status(ModelState state);

/// The same of a model, ours or a peer's.
std::string_view router_status(const route::Model& model, const route::ModelService& models);

/// Present if its last start or life ended badly.
struct RouterFailure {
  std::optional<int> exit_code;  ///< absent: no process came to be
};
std::optional<RouterFailure> router_failure(const route::Model& model,
                                            const route::ModelService& models);

}  // namespace llmsnap::api
