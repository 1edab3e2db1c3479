// EvictionPolicy: which running instances must be gone before another one may start.
// Thread rule: called by the planner alone; pure functions of their arguments.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "schedule/state.h"

namespace llmsnap::schedule {

/// An instance that holds memory, or will before the one that is asked about.
struct Running {
  Instance instance;
  State state;
  Time since;  ///< of that state
};

/// The members of `running` (which does not hold `target`) that must exit before `target` starts.
using EvictionPolicy = std::function<std::vector<Instance>(
    Instance target, std::span<const Running> running, Time now)>;

/// The groups of the config. An instance's group is an index into the list of groups.
struct Group {
  bool swap = true;         ///< one member at a time
  bool exclusive = true;    ///< a start stops the members of other groups
  bool persistent = false;  ///< other groups' starts leave its members alone
};

/// Evicts X for T: the same group and it swaps, or another group that is not persistent and T's is
/// exclusive.
EvictionPolicy group_policy(std::vector<Group> groups, std::vector<std::size_t> group_of_instance);

}  // namespace llmsnap::schedule
