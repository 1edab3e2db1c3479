// Text that others chose, as it stands in a page of ours.
// Thread rule: a pure function.
#pragma once

#include <string>
#include <string_view>

namespace llmsnap::api {

/// Shown as it is, in text and in quoted attributes; never read as markup.
std::string html_escaped(std::string_view text);

}  // namespace llmsnap::api
