// Replaces ${env.NAME} in the text of a config file, before it is parsed.
// Thread rule: reads the process's environment; nobody may change it meanwhile.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "config/diagnostics.h"
#include "llmsnap/result.h"

namespace llmsnap {

using EnvLookup = std::function<std::optional<std::string>(const std::string& name)>;

/// Names that occur in comments only are left alone; `$${env.NAME}` too. An unset variable and a
/// value with a line feed, carriage return or zero byte is an error; the first by its line is the
/// result, `diagnostics` keeps those of other variables. In double quotes `\` and `"`
/// of a value get a backslash, in single ones `'` is doubled; else a value becomes part of the text
/// as it is: `[${env.LIST}]` may be several items. Values are not substituted again.
Result<std::string> substitute_env(std::string_view text, Diagnostics& diagnostics,
                                   const EnvLookup& lookup);

std::optional<std::string> process_env(const std::string& name);

}  // namespace llmsnap
