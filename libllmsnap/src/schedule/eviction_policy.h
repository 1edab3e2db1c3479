// EvictionPolicy: which running instances must be gone before another one may start.
// Thread rule: called by the planner alone; pure functions of their arguments.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "schedule/state.h"

namespace llmsnap {
class Matrix;
}

namespace llmsnap::schedule {

/// An instance that holds memory, or will before the one that is asked about.
struct Running {
  Instance instance;
  std::size_t model = 0;  ///< the same number for all instances of one
  State state;
  Time last_use;             ///< or when it became ready
  std::size_t in_flight;     ///< may be a moment old
  Time free_from;            ///< the end of its minResidency
  bool is_promised = false;  ///< it holds nothing yet, and will before the target
  bool is_sibling = false;   ///< of the same model as the target: it takes room, and never goes
};

/// What of the config an eviction goes by. All but the limit forbid that the two are there
/// together.
enum class Cause {
  OneAtATime,  ///< their group swaps
  Exclusive,   ///< the target's group is
  NoSet,       ///< of the matrix has both
  OtherSet,    ///< of the matrix costs least, and has it not
  Succession,  ///< the target has the config that it is to have
  Limit,       ///< maxLoaded: it is the one that is missed least
};

struct Eviction {
  Instance instance;
  Cause cause;
  std::string part = {};    ///< the group or set that says so
  std::int64_t number = 0;  ///< what the set costs, or of how many the limit chose

  friend bool operator==(const Eviction&, const Eviction&) = default;
};

/// Why, as it stands behind "it makes room for x: idle 3 s, ".
std::string in_words(const Eviction& eviction);

inline bool is_evicted(const std::vector<Eviction>& evicted, Instance instance) {
  return std::any_of(evicted.begin(), evicted.end(), [instance](const Eviction& eviction) {
    return eviction.instance == instance;
  });
}

/// The members of `running` (which does not hold `target`) that must give their memory back before
/// `target` starts. Of a model either all of its instances must or none.
using EvictionPolicy = std::function<std::vector<Eviction>(
    Instance target, std::span<const Running> running, Time now)>;

/// The groups of the config. An instance's group is an index into the list of groups.
struct Group {
  bool swap = true;         ///< one member at a time
  bool exclusive = true;    ///< a start stops the members of other groups
  bool persistent = false;  ///< other groups' starts leave its members alone
  std::string name = {};
};

/// Evicts X for T: the same group and it swaps, or another group that is not persistent and T's is
/// exclusive.
EvictionPolicy group_policy(std::vector<Group> groups, std::vector<std::size_t> group_of_instance);

/// The config's matrix: of all combinations that hold the target, the one for which the least
/// costly must go. `model_of_instance`: the number of an instance's model within it.
EvictionPolicy matrix_policy(std::shared_ptr<const Matrix> matrix,
                             std::vector<std::size_t> model_of_instance);

/// What `policy` says, and those that the target is a successor of. By instance: who takes its
/// place.
EvictionPolicy succession_policy(EvictionPolicy policy,
                                 std::vector<std::vector<Instance>> successors);

/// What `policy` says, and if more than `most` (over 0) would hold memory then, models that go
/// already, then idle ones, the least recently used first, then busy ones, and what loads last.
/// A model is as hard to miss as the hardest of its instances.
EvictionPolicy limited_policy(EvictionPolicy policy, std::size_t most);

}  // namespace llmsnap::schedule
