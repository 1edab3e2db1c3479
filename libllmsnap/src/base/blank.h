// Blanks as Go has them: those of ASCII and those of Unicode, which come along when a command is
// copied from a web page. Thread rule: pure functions.
#pragma once

#include <string_view>

namespace llmsnap {

/// The text without the blanks around it. Bytes that are not UTF-8 are no blanks.
std::string_view without_blanks(std::string_view text);

}  // namespace llmsnap
