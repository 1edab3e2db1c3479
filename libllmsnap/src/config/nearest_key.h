// nearest_key: the known key that somebody who wrote an unknown one probably meant.
// Thread rule: pure.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace llmsnap {

/// Compares without case, `_` and `-`; absence = nothing known is near enough to be worth naming.
std::optional<std::string_view> nearest_key(std::string_view unknown,
                                            const std::vector<std::string_view>& known);

}  // namespace llmsnap
