#pragma once
// Which path is answered by what: the whole surface of the fake model in one place.
// Called by the server's thread only.

#include "model.h"
#include "server.h"

namespace fake_model {

Answer route(const Model& model, const Request& request);

}  // namespace fake_model
