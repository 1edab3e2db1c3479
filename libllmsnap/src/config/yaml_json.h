// json_of: a value of a config as JSON text. Thread rule: used by the thread that loads.
#pragma once

#include <string>

#include "config/field.h"

namespace llmsnap {

/// Types as scalar_value says; a null is null, keys are sorted. Unknown macros are errors; what
/// JSON has no number for is one too.
Result<std::string> json_of(const Field& field);

}  // namespace llmsnap
