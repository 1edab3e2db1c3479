// told_break: a model's event stream that breaks off, with the reason as its last event.
// Thread rule: belongs to the request's fiber, which it may suspend.
#pragma once

#include "api/answer.h"

namespace llmsnap::api {

/// One that is not encoded.
bool is_event_stream(const Answer& answer);

/// The same stream. Where it breaks between two of its events the error follows in that dialect,
/// with the mark of the end; then it is broken off all the same, so that nobody takes it for whole.
/// Unchanged if it is no event stream, its length was announced, or there is no dialect.
Answer with_told_break(Answer models_answer, StreamDialect dialect, const Request& request);

}  // namespace llmsnap::api
