// A fault of yaml-cpp 0.7, and the way round it.
// Thread rule: pure functions.
#pragma once

#include <string>
#include <string_view>

namespace llmsnap {

/// yaml-cpp wants the lines of `- &name |` to be indented more than the `&`, where YAML asks for
/// more than the `-` only. The same text with those lines indented enough; no line comes or goes.
/// A text that would grow beyond measure comes back as it is.
std::string with_deeper_list_texts(std::string_view text);

}  // namespace llmsnap
