// Base64, as credentials are sent. Thread rule: a pure function.
#pragma once

#include <string>
#include <string_view>

namespace llmsnap {

/// RFC 4648, section 4, with padding.
std::string base64_encoded(std::string_view bytes);

}  // namespace llmsnap
