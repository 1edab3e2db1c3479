#include <utility>

#include "schedule/eviction_policy.h"

namespace llmsnap::schedule {
namespace {

bool must_go(std::size_t group, const Group& its, std::size_t target_group, const Group& targets) {
  if (group == target_group) {
    return targets.swap;
  }
  return targets.exclusive && !its.persistent;
}

}  // namespace

EvictionPolicy group_policy(std::vector<Group> groups, std::vector<std::size_t> group_of_instance) {
  return [groups = std::move(groups), group_of = std::move(group_of_instance)](
             Instance target, std::span<const Running> running, Time) {
    std::vector<Eviction> evicted;
    const std::size_t target_group = group_of[target];
    for (const Running& other : running) {
      if (other.is_sibling) {
        continue;
      }
      const std::size_t group = group_of[other.instance];
      if (must_go(group, groups[group], target_group, groups[target_group])) {
        evicted.push_back(
            group == target_group
                ? Eviction{other.instance, Cause::OneAtATime, groups[group].name}
                : Eviction{other.instance, Cause::Exclusive, groups[target_group].name});
      }
    }
    return evicted;
  };
}

}  // namespace llmsnap::schedule
