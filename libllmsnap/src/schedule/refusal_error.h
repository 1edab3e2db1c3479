// refusal_error: what the planner refuses with, as an error for the client.
// Thread rule: pure.
#pragma once

#include "llmsnap/result.h"
#include "schedule/effect.h"

namespace llmsnap::schedule {

Error refusal_error(const Refuse& refuse);

}  // namespace llmsnap::schedule
