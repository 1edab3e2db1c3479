// Which field names may not stand in a trailer section.
// Thread rule: pure function.
#pragma once

#include <string_view>

namespace llmsnap::wire {

/// True for names that frame, route, authenticate or control a message (RFC 9110 6.5.1): whoever
/// merged them into the head would read another message than the one we judged.
bool forbidden_in_trailer(std::string_view name);

}  // namespace llmsnap::wire
