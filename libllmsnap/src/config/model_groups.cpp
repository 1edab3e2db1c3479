#include "config/model_groups.h"

#include <set>

namespace llmsnap {

std::vector<GroupConfig> groups_with_default(const Config& config) {
  std::vector<GroupConfig> groups = config.groups;
  std::set<std::string_view> named;
  for (const GroupConfig& group : config.groups) {
    named.insert(group.members.begin(), group.members.end());
  }
  GroupConfig rest;
  rest.name = DefaultGroup;
  for (const auto& [id, model] : config.models) {
    if (!named.contains(id)) {
      rest.members.push_back(id);
    }
  }
  if (!rest.members.empty()) {
    groups.push_back(std::move(rest));
  }
  return groups;
}

}  // namespace llmsnap
