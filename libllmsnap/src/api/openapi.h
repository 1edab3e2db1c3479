// The OpenAPI document of all routes, made from the route table that dispatches them.
// Thread rule: a pure function.
#pragma once

#include <string>
#include <string_view>

namespace llmsnap::api {

/// OpenAPI 3.1, as JSON.
std::string openapi_document(std::string_view version);

}  // namespace llmsnap::api
