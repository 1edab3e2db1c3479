// terminal_line: what a model prints as a terminal may show it.
// Thread rule: a pure function.
#pragma once

#include <string>
#include <string_view>

namespace llmsnapd {

/// Colours pass, but for the one that hides text, and are ended with the line. All else that a
/// terminal would obey instead of showing it (other commands, C0 and C1 controls but the tab)
/// becomes `\x1b` and the like, and so do bytes that are not UTF-8.
std::string terminal_line(std::string_view line);

}  // namespace llmsnapd
