// What a scalar of a config means: the types and spellings of Go's yaml.v3, which the references
// read their files with. Thread rule: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "config/yaml_tree.h"

namespace llmsnap {

using ScalarValue = std::variant<std::string, bool, std::int64_t, std::uint64_t, double>;

/// A quoted scalar is a text. A plain one is a boolean if it is `true` or `false` (not `yes`), a
/// number if it looks like one (`017` and `0o17` are octal, `0x1F`, `1_000`, `1e3`), else a text.
ScalarValue scalar_value(const YamlNode& scalar);

/// The value as Go prints it: `0.70` is `0.7`, `017` is `15`, `1e6` is `1e+06`.
std::string printed_value(const YamlNode& scalar);

}  // namespace llmsnap
