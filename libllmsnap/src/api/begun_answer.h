// begun_answer: the rest of an answer that began while its model was loaded.
// Thread rule: belongs to the request's fiber, which it may suspend.
#pragma once

#include "api/answer.h"

namespace llmsnap::api {

/// The model's event stream as it comes; what else its server answered as an event, or as the
/// dialect's error, with the mark of the end.
Answer begun_answer(Answer models_answer, const Request& request);

}  // namespace llmsnap::api
