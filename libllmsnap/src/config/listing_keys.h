// The keys of a model or selector that listings tell and nothing else uses: `metadata`.
// Thread rule: used by the thread that loads.
#pragma once

#include <string>

#include "config/field.h"

namespace llmsnap {

Result<void> read_metadata(const Field& field, std::string& out);

}  // namespace llmsnap
