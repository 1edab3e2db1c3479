// Escaping of text from outside, so that a log line or a message is always one line of plain text.
// Thread rule: pure functions.
#pragma once

#include <string>
#include <string_view>

namespace llmsnap {

/// Control bytes (C1 too), DEL and bytes that are not valid UTF-8 become `\n`, `\t`, `\x1b`. A
/// backslash stays, so that escaping twice changes nothing and JSON stays JSON.
std::string escaped(std::string_view text);

}  // namespace llmsnap
