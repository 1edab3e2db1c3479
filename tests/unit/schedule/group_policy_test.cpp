#include <memory>
#include <string>
#include <vector>

#include "catch.h"
#include "config/matrix.h"
#include "llmsnap/matrix_config.h"
#include "schedule/eviction_policy.h"

namespace llmsnap::schedule {
namespace {

std::vector<Running> running(const std::vector<Instance>& instances) {
  std::vector<Running> all;
  for (const Instance instance : instances) {
    all.push_back({.instance = instance,
                   .model = instance,
                   .state = State::Ready,
                   .last_use = Time(),
                   .in_flight = 0,
                   .free_from = Time()});
  }
  return all;
}

std::vector<Instance> instances_of(const std::vector<Eviction>& evictions) {
  std::vector<Instance> all;
  for (const Eviction& eviction : evictions) {
    all.push_back(eviction.instance);
  }
  return all;
}

/// Instances 0 and 1 are in the first group, 2 in the second, 3 in a persistent third.
std::vector<Instance> evicted_for_first(bool swap, bool exclusive) {
  const EvictionPolicy policy = group_policy(
      {{swap, exclusive, false}, {true, true, false}, {true, true, true}}, {0, 0, 1, 2});
  return instances_of(policy(0, running({1, 2, 3}), Time()));
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
  CHECK(instances_of(policy(0, running({1}), Time())) == std::vector<Instance>{1});
}

TEST_CASE("over the limit go first what goes already, then the idle, least recently used first",
          "[schedule]") {
  const auto at = [](int second) { return Time(std::chrono::seconds(second)); };
  const std::vector<Running> all{{1, 1, State::Ready, at(5), 0, at(0)},
                                 {2, 2, State::Ready, at(3), 0, at(0)},
                                 {3, 3, State::Ready, at(1), 2, at(0)},
                                 {4, 4, State::Ready, at(2), 0, at(99)},
                                 {5, 5, State::Starting, at(0), 0, at(0)},
                                 {6, 6, State::Draining, at(9), 1, at(0), false},
                                 {7, 7, State::Stopped, at(9), 0, at(0), false},
                                 {8, 8, State::Stopped, at(0), 0, at(0), true}};
  const auto evicted = [&](std::size_t most) {
    const EvictionPolicy nobody = [](Instance, std::span<const Running>, Time) {
      return std::vector<Eviction>();
    };
    return instances_of(limited_policy(nobody, most)(0, all, at(10)));
  };
  CHECK(evicted(9).empty());
  CHECK(evicted(7) == std::vector<Instance>{6, 7});
  CHECK(evicted(6) == std::vector<Instance>{6, 7, 2});
  CHECK(evicted(1) == std::vector<Instance>{6, 7, 2, 1, 4, 3, 5, 8});
  const EvictionPolicy groups =
      limited_policy(group_policy({{true, true, false, "g"}}, {0, 0, 0}), 2);
  CHECK(groups(0, running({1, 2}), Time()) ==
        std::vector<Eviction>{{1, Cause::OneAtATime, "g"}, {2, Cause::OneAtATime, "g"}});
}

TEST_CASE("an eviction tells what of the config it goes by", "[schedule]") {
  const auto because = [](const EvictionPolicy& policy) {
    return in_words(policy(0, running({1}), Time()).at(0));
  };
  const Group alone{true, true, false, "alone"};
  const Group shared{false, false, false, "shared"};
  CHECK(because(group_policy({alone}, {0, 0})) == "group alone runs one at a time");
  CHECK(because(group_policy({alone, shared}, {0, 1})) == "group alone is exclusive");
  CHECK(because(limited_policy(group_policy({shared}, {0, 0}), 1)) == "least recently used of 1");
  CHECK(because(succession_policy(group_policy({shared}, {0, 0}), {{}, {0}})) ==
        "which takes its place");
  MatrixConfig config;
  config.sets.push_back({"pair", "a & c"});
  const std::vector<std::string> models{"a", "b", "c"};
  const auto matrix = Matrix::compile(config, models);
  REQUIRE(matrix);
  const auto shared_matrix = std::make_shared<const Matrix>(*matrix);
  CHECK(because(matrix_policy(shared_matrix, {0, 1})) ==
        "the matrix's set pair has it not, at cost 1");
  CHECK(because(matrix_policy(shared_matrix, {1, 0})) == "no set of the matrix has both");
}

TEST_CASE("over the limit whole models go, and never a sibling of who starts",
          "[schedule][instances]") {
  const auto at = [](int second) { return Time(std::chrono::seconds(second)); };
  // Models 1 (a busy and an idle instance), 2 (two idle ones) and the target's own.
  const std::vector<Running> all{{1, 1, State::Ready, at(1), 1, at(0)},
                                 {2, 1, State::Ready, at(1), 0, at(0)},
                                 {3, 2, State::Ready, at(7), 0, at(0)},
                                 {4, 2, State::Ready, at(8), 0, at(0)},
                                 {5, 9, State::Ready, at(0), 0, at(0), false, true}};
  const auto evicted = [&](std::size_t most) {
    return instances_of(limited_policy(group_policy({{false, false, false}}, {0, 0, 0, 0, 0, 0}),
                                       most)(0, all, at(10)));
  };
  CHECK(evicted(6).empty());
  CHECK(evicted(5) == std::vector<Instance>{3, 4});
  CHECK(evicted(3) == std::vector<Instance>{3, 4, 1, 2});
  CHECK(instances_of(group_policy({Group()}, {0, 0, 0, 0, 0, 0})(0, all, at(10))) ==
        std::vector<Instance>{1, 2, 3, 4});
}

}  // namespace
}  // namespace llmsnap::schedule
