// How a request goes to a model's server by its path, as it is.
// Thread rule: belongs to the request's fiber.
#pragma once

#include <string>
#include <string_view>

#include "api/answer.h"
#include "api/call.h"
#include "llmsnap/result.h"

namespace llmsnap::api {

/// `location`: where the client finds what it asked for; it keeps its method and body.
Answer redirect_answer(std::string_view method, std::string location);

/// What the connection may switch to, as a client asks that the front can serve; else empty.
std::string_view wanted_protocol(const Request& request);

/// `target`: what the server gets to see. `cannot_start`: why this request may not have the model
/// started; empty = it may.
Result<Answer> pass_through(Call& call, std::string_view name, std::string_view target,
                            std::string_view cannot_start);

/// Whether models answer what is asked so by a listed route: then it is in flight while it lasts,
/// by whatever path it came.
bool is_model_route(std::string_view method, std::string_view path);

}  // namespace llmsnap::api
