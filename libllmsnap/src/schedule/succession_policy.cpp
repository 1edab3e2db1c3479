#include <algorithm>
#include <utility>

#include "schedule/eviction_policy.h"

namespace llmsnap::schedule {

EvictionPolicy succession_policy(EvictionPolicy policy,
                                 std::vector<std::vector<Instance>> successors) {
  return [policy = std::move(policy), successors = std::move(successors)](
             Instance target, std::span<const Running> running, Time now) {
    std::vector<Eviction> evicted = policy(target, running, now);
    for (const Running& other : running) {
      const std::vector<Instance>& heirs = successors[other.instance];
      if (std::find(heirs.begin(), heirs.end(), target) != heirs.end() &&
          !is_evicted(evicted, other.instance)) {
        evicted.push_back({other.instance, Cause::Succession});
      }
    }
    return evicted;
  };
}

}  // namespace llmsnap::schedule
