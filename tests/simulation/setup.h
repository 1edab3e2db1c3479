// Setup: what one seed of the simulation is about: the instances, their groups, and how clients,
// operators and children behave. Thread rule: plain values.
#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

#include "schedule/eviction_policy.h"
#include "schedule/planner.h"
#include "simulation/dice.h"

namespace llmsnap::test {

struct Setup {
  std::vector<schedule::Group> groups;
  std::vector<std::size_t> group_of;  ///< by instance
  std::vector<schedule::InstanceSpec> specs;
  std::size_t most = 0;  ///< maxLoaded; 0: no limit

  // In milliseconds, the longest of their kind; Dice::span chooses below them.
  std::size_t arrival_gap = 0;
  std::size_t hold = 0;
  std::size_t patience = 0;
  std::size_t start = 0;
  std::size_t exit = 0;
  std::size_t operator_gap = 0;

  // In percent.
  std::vector<std::size_t> flaw;    ///< by instance: that a life goes wrong
  std::size_t late_ticket = 0;      ///< a client that found the gate closed tells it late
  std::size_t impatience = 0;       ///< a client leaves while it waits
  std::size_t between_effects = 0;  ///< a client acts between a decision and its effect
  bool shuts_down = false;

  /// By the groups' rules.
  bool evicts(schedule::Instance target, schedule::Instance other) const;
  schedule::EvictionPolicy policy() const;
};

Setup random_setup(Dice& dice);

}  // namespace llmsnap::test
