// without_json_secrets: a text with JSON in it, without the secrets.
// Thread rule: pure function.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace llmsnap::capture {

/// Nothing: there is no secret in it, as in most. Time grows as the text does, whatever it says; of
/// a secret array or object with many items one text is left, so that the result has at most six
/// times the bytes.
std::optional<std::string> without_json_secrets(std::string_view text);

}  // namespace llmsnap::capture
