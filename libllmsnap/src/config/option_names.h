// How values that are one of a few words stand in a config.
// Thread rule: pure functions.
#pragma once

#include <string_view>
#include <vector>

#include "llmsnap/config.h"

namespace llmsnap {

std::string_view option_name(LogLevel level);
std::string_view option_name(AccessLogFormat format);
std::string_view option_name(ShownLogs logs);
/// Of the roles that it has.
std::vector<std::string_view> role_names(const KeyRoles& roles);

}  // namespace llmsnap
