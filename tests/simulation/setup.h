// Setup: what one seed of the simulation is about: the instances, their groups, and how clients,
// operators and children behave. Thread rule: plain values.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <vector>

#include "config/matrix.h"
#include "schedule/eviction_policy.h"
#include "schedule/planner.h"
#include "simulation/dice.h"

namespace llmsnap::test {

/// The models that may be there together, again in a form that the rules can read without a solver.
using Combinations = std::vector<std::vector<std::size_t>>;

struct Setup {
  std::shared_ptr<const Matrix> matrix;  ///< instead of the groups; null: these hold
  Combinations combinations;             ///< of the matrix
  std::vector<schedule::Group> groups;
  std::vector<std::size_t> group_of;  ///< by instance
  std::vector<schedule::InstanceSpec> specs;
  std::vector<std::size_t> model_of;  ///< by instance: more than one has it while configs change
  std::vector<std::size_t> crew_of;   ///< by instance: all of one model and config, by any number
  std::vector<bool> leaves;           ///< by instance: it was retired,
  std::vector<bool> vacant;           ///< and is gone
  std::size_t most = 0;               ///< maxLoaded; 0: no limit

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
  std::size_t reload = 0;           ///< an operator gives a new config
  bool shuts_down = false;

  /// A new config has that number for one of `crew`, of `model`, which is in `group`.
  void place(schedule::Instance instance, schedule::InstanceSpec spec, std::size_t model,
             std::size_t crew, std::size_t group);

  /// All of its model, itself among them.
  std::vector<schedule::Instance> crew(schedule::Instance instance) const;
  /// Instances that a model has.
  std::size_t random_size(Dice& dice) const;

  /// Whether models may be there together, as far as a matrix says so.
  bool allows(const std::vector<std::size_t>& models) const;
  /// By the groups' rules, because no combination has both, and because one takes the other's
  /// place.
  bool evicts(schedule::Instance target, schedule::Instance other) const;
  schedule::EvictionPolicy policy() const;
};

schedule::InstanceSpec random_spec(Dice& dice, std::size_t number);
Setup random_setup(Dice& dice);

}  // namespace llmsnap::test
