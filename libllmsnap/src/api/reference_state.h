// The names that the references' clients know for the states of models.
// Thread rule: pure.
#pragma once

#include <string_view>

#include "llmsnap/model_state.h"

namespace llmsnap::api {

/// A model that drains still serves; one that failed has stopped.
inline std::string_view reference_name(ModelState state) {
  switch (state) {
    case ModelState::Draining:
      return name_of(ModelState::Ready);
    case ModelState::Failed:
      return name_of(ModelState::Stopped);
    default:
      return name_of(state);
  }
}

}  // namespace llmsnap::api
