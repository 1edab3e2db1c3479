// Model groups: the groups of a config with the one that is never written, `(default)`.
// Thread rule: a pure function.
#pragma once

#include <string_view>
#include <vector>

#include "llmsnap/config.h"

namespace llmsnap {

inline constexpr std::string_view DefaultGroup = "(default)";

/// The groups as written, and after them `(default)` with the models that none of them names, by
/// id, if there are any: each model is in one group.
std::vector<GroupConfig> groups_with_default(const Config& config);

}  // namespace llmsnap
