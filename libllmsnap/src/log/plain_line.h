// plain_line: a line of a program's output as text for a message.
// Thread rule: a pure function.
#pragma once

#include <string>
#include <string_view>

namespace llmsnap {

/// Without colours and other terminal commands, control bytes and blanks at its ends; of a progress
/// line what was last visible; bytes that are not UTF-8 as `\xff`. Long lines are cut, to `...`.
std::string plain_line(std::string_view line);

}  // namespace llmsnap
