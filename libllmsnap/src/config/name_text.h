// Names that users choose: what none of them may be. Thread rule: used by the thread that loads.
#pragma once

#include <string>
#include <string_view>

#include "config/field.h"

namespace llmsnap {

bool has_control_byte(std::string_view text);

/// Empty, or white space only.
bool is_blank(std::string_view text);

Result<void> read_name(const Field& field, std::string& out);

}  // namespace llmsnap
