// split_command: the words of a command as a config writes it; no shell is involved.
// Thread rule: pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "llmsnap/result.h"

namespace llmsnap {

/// Lines whose first character is `#` are dropped, also inside quotes; a line that ends with a
/// backslash goes on in the next one, and so does any other: a newline separates words as a blank
/// does. Quotes and backslashes as in POSIX; an unterminated quote ends with the text. No words:
/// an error, `empty command`.
Result<std::vector<std::string>> split_command(std::string_view command);

/// An apostrophe in a remark, as a rule: all behind it became one word.
bool leaves_quote_open(std::string_view command);

}  // namespace llmsnap
