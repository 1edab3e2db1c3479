// What may be shown of URLs and JSON: their secrets are masked.
// Thread rule: pure functions.
#pragma once

#include <string>
#include <string_view>

namespace llmsnap {

inline constexpr std::string_view Masked = "***";
/// Why a config that was shown is none: everybody would know its keys.
inline constexpr std::string_view MaskIsNoKey =
    "*** is what a config is shown with in place of a key: write the key itself";

/// A text with URLs in it, or a path with a query: passwords in front of a host, and values in a
/// query whose names tell of secrets (names_secret), are masked.
std::string masked_text(std::string_view text);

/// JSON: whatever is behind a member whose name tells of a secret is masked, other texts are
/// masked_text. As it is written where it has no secret; nothing but the mask where it is no JSON,
/// or nested so deep that nobody reads it.
std::string masked_json(std::string_view json);

}  // namespace llmsnap
