// status_reason: the standard reason phrase of a status; empty for one that has none.
// Thread rule: a pure function.
#pragma once

#include <string_view>

namespace llmsnap::wire {

std::string_view status_reason(int status);

}  // namespace llmsnap::wire
