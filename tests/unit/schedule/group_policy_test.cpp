#include "catch.h"
#include "schedule/eviction_policy.h"

namespace llmsnap::schedule {
namespace {

std::vector<Running> running(const std::vector<Instance>& instances) {
  std::vector<Running> all;
  for (const Instance instance : instances) {
    all.push_back({instance, State::Ready, Time()});
  }
  return all;
}

/// Instances 0 and 1 are in the first group, 2 in the second, 3 in a persistent third.
std::vector<Instance> evicted_for_first(bool swap, bool exclusive) {
  const EvictionPolicy policy = group_policy(
      {{swap, exclusive, false}, {true, true, false}, {true, true, true}}, {0, 0, 1, 2});
  return policy(0, running({1, 2, 3}), Time());
}

TEST_CASE("a start evicts by its own group's flags", "[schedule]") {
  const auto [swap, exclusive, evicted] = GENERATE(table<bool, bool, std::vector<Instance>>({
      {true, true, {1, 2}},
      {true, false, {1}},
      {false, true, {2}},
      {false, false, {}},
  }));
  CHECK(evicted_for_first(swap, exclusive) == evicted);
}

TEST_CASE("members of one persistent group still swap", "[schedule]") {
  const EvictionPolicy policy = group_policy({{true, true, true}}, {0, 0});
  CHECK(policy(0, running({1}), Time()) == std::vector<Instance>{1});
}

}  // namespace
}  // namespace llmsnap::schedule
