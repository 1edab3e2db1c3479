#pragma once
// Finds members in JSON text without building a tree, and quotes text for JSON.
// Pure functions, any thread. The views returned point into the text given.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace fake_model {

// The raw text of a member of a top-level object ("\"m\"", "true", "[1,2]"), or nothing if the text
// is no object or has no such key. Keys are compared as written, without unescaping.
std::optional<std::string_view> json_member(std::string_view object, std::string_view key);

// The value of a member as text without its quotes; escapes stay as they are. Nothing if no string.
std::optional<std::string_view> json_text(std::string_view object, std::string_view key);

// The value of a member as a whole number >= 0.
std::optional<std::size_t> json_count(std::string_view object, std::string_view key);

// True only for the literal `true`.
bool json_true(std::string_view object, std::string_view key);

// How many elements a raw JSON array has; nothing if it is not an array.
std::optional<std::size_t> json_elements(std::string_view array);

// The text as a JSON string, quotes included. Bytes that are not UTF-8 become U+FFFD.
std::string json_quote(std::string_view text);

}  // namespace fake_model
