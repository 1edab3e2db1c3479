#include "config/option_names.h"

#include <array>
#include <cstddef>
#include <utility>

namespace llmsnap {

std::string_view option_name(LogLevel level) {
  constexpr std::array<std::string_view, 4> Names{"debug", "info", "warn", "error"};
  return Names[static_cast<std::size_t>(level)];
}

std::string_view option_name(AccessLogFormat format) {
  constexpr std::array<std::string_view, 3> Names{"text", "json", "off"};
  return Names[static_cast<std::size_t>(format)];
}

std::string_view option_name(ShownLogs logs) {
  constexpr std::array<std::string_view, 4> Names{"proxy", "upstream", "both", "none"};
  return Names[static_cast<std::size_t>(logs)];
}

std::vector<std::string_view> role_names(const KeyRoles& roles) {
  std::vector<std::string_view> names;
  for (const auto& [name, has] :
       {std::pair("infer", roles.infer), std::pair("operate", roles.operate),
        std::pair("admin", roles.admin)}) {
    if (has) {
      names.emplace_back(name);
    }
  }
  return names;
}

}  // namespace llmsnap
