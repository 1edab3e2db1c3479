// What our own answers tell a browser not to do with them.
// Thread rule: a pure function.
#pragma once

#include <string_view>

#include "api/answer.h"

namespace llmsnap::api {

/// For answers that no model's server gave; `path` is the request's.
void add_security_fields(std::string_view path, Answer& answer);

}  // namespace llmsnap::api
