#include <utility>

#include "schedule/eviction_policy.h"

namespace llmsnap::schedule {

EvictionPolicy succession_policy(EvictionPolicy policy,
                                 std::vector<std::optional<Instance>> successors) {
  return [policy = std::move(policy), successors = std::move(successors)](
             Instance target, std::span<const Running> running, Time now) {
    std::vector<Eviction> evicted = policy(target, running, now);
    for (const Running& other : running) {
      if (successors[other.instance] == target && !is_evicted(evicted, other.instance)) {
        evicted.push_back({other.instance, Cause::Rules});
      }
    }
    return evicted;
  };
}

}  // namespace llmsnap::schedule
