// nearest_key: the known key that somebody who wrote an unknown one probably meant.
// Thread rule: pure.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace llmsnap {

/// What somebody meant who wrote an unknown key into a section: something that users of other
/// programs write, else the nearest. `section`: its pattern with a dot behind it (`models.*.`);
/// empty at the top.
std::optional<std::string_view> meant_key(std::string_view section, std::string_view unknown,
                                          const std::vector<std::string_view>& known);

/// Compares without case, `_` and `-`; absence = nothing known is near enough to be worth naming.
std::optional<std::string_view> nearest_key(std::string_view unknown,
                                            const std::vector<std::string_view>& known);

}  // namespace llmsnap
