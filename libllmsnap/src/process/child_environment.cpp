#include "process/child_environment.h"

#include <unistd.h>

#include <algorithm>
#include <string_view>

namespace llmsnap::process {
namespace {

constexpr std::string_view OwnPrefix = "LLMSNAP_";

std::string_view name_with_equals(std::string_view item) {
  return item.substr(0, item.find('=') + 1);
}

}  // namespace

std::vector<std::string> this_environment() {
  std::vector<std::string> items;
  for (char** item = environ; item != nullptr && *item != nullptr; ++item) {
    if (!std::string_view(*item).starts_with(OwnPrefix)) {
      items.emplace_back(*item);
    }
  }
  return items;
}

std::vector<std::string> with_additions(std::vector<std::string> base,
                                        const std::vector<std::string>& additions) {
  for (const std::string& addition : additions) {
    const std::string_view name = name_with_equals(addition);
    const auto same = std::find_if(base.begin(), base.end(), [name](const std::string& item) {
      return name_with_equals(item) == name;
    });
    if (same == base.end()) {
      base.push_back(addition);
    } else {
      *same = addition;
    }
  }
  return base;
}

}  // namespace llmsnap::process
