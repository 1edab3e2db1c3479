// JSON strings: from their spelling in a document to the text they stand for, and back.
// Thread rule: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace llmsnap::route {

/// `text` as a JSON string, quotes included; UTF-8 is kept as it is.
std::string json_string(std::string_view text);

/// The text of a string's contents (without its quotes), which must be valid.
std::string unescaped_json(std::string_view contents);

inline bool is_high_surrogate(std::uint32_t unit) {
  return unit >= 0xd800 && unit <= 0xdbff;
}
inline bool is_low_surrogate(std::uint32_t unit) {
  return unit >= 0xdc00 && unit <= 0xdfff;
}

}  // namespace llmsnap::route
