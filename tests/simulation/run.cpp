#include "simulation/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <vector>

#include "schedule/planner.h"
#include "simulation/describe.h"
#include "simulation/dice.h"
#include "simulation/rules.h"
#include "simulation/setup.h"
#include "simulation/world.h"

namespace llmsnap::test {
namespace {

using namespace schedule;

/// Far more than any run needs to come to rest.
constexpr std::size_t SettlingSteps = 5'000;

class Run {
 public:
  Run(std::uint64_t seed, Trace trace)
      : dice_(seed),
        setup_(random_setup(dice_)),
        world_(setup_, dice_),
        rules_(setup_, world_.gates()),
        planner_(setup_.policy()),
        trace_(trace) {
    for (Instance instance = 0; instance < setup_.specs.size(); ++instance) {
      const Instance first = setup_.crew(instance).front();
      planner_.add_instance(setup_.specs[instance],
                            first == instance ? std::nullopt : std::optional(first));
    }
    if (trace_ == Trace::On) {
      fmt::print("{}", describe(setup_));
    }
  }

  RunResult play(std::size_t steps) {
    while (result_.steps < steps && step()) {
    }
    world_.settle();
    bool moving = !rules_.broken();
    while (moving && result_.steps < steps + SettlingSteps) {
      moving = step();
    }
    if (!rules_.broken()) {
      rules_.check_settled(planner_.next_deadline());
      if (moving && !rules_.broken()) {
        result_.broken = "it does not come to rest";
      }
    }
    if (rules_.broken()) {
      result_.broken = rules_.broken();
    }
    return result_;
  }

 private:
  /// As the control thread does before it retires one: its successor is there, or it has none.
  void take_new_config(Instance leaving) {
    for (const Instance one : setup_.crew(leaving)) {
      setup_.leaves[one] = true;
    }
    const bool is_last = std::count(setup_.leaves.begin(), setup_.leaves.end(), false) == 0;
    if (is_last || dice_.chance(70)) {
      add_successors(leaving);
    }
    for (Instance one = 0; one < setup_.specs.size(); ++one) {
      if (!setup_.leaves[one] && !setup_.vacant[one]) {
        planner_.change_spec(one, setup_.specs[one]);
        rules_.keep(one);
      }
    }
    planner_.change_policy(setup_.policy());
  }

  void add_successors(Instance leaving) {
    const std::size_t model = setup_.model_of[leaving];
    const std::size_t group = setup_.group_of[leaving];
    const InstanceSpec spec = random_spec(dice_, model);
    const std::size_t crew = ++last_crew_;
    std::optional<Instance> sibling;
    for (std::size_t left = setup_.random_size(dice_); left > 0; --left) {
      const Instance successor = planner_.add_instance(spec, sibling);
      setup_.place(successor, spec, model, crew, group);
      world_.place(successor);
      rules_.place(successor);
      sibling = successor;
    }
  }

  /// False: nothing happens any more, or a rule was broken.
  bool step() {
    const auto event = world_.next(planner_.next_deadline());
    if (!event) {
      return false;
    }
    ++result_.steps;
    if (trace_ == Trace::On) {
      fmt::print("{:4} {}\n", result_.steps, describe(*event));
    }
    if (const auto* retired = std::get_if<Retired>(&event->what)) {
      take_new_config(retired->instance);
    }
    rules_.begin(*event);
    for (const Effect& effect : planner_.handle(*event)) {
      if (trace_ == Trace::On) {
        fmt::print("       {}\n", describe(effect));
      }
      world_.let_somebody_act();
      rules_.check(effect);
      if (rules_.broken()) {
        return false;
      }
      world_.apply(effect);
      if (const auto* vacated = std::get_if<Vacated>(&effect)) {
        setup_.vacant[vacated->instance] = true;
      }
    }
    rules_.end(planner_.next_deadline());
    for (Instance instance = 0; instance < setup_.specs.size(); ++instance) {
      rules_.check_state(instance, planner_.state(instance));
    }
    return !rules_.broken();
  }

  Dice dice_;
  Setup setup_;
  std::size_t last_crew_ = 1'000;  // beyond those of the setup
  World world_;
  Rules rules_;
  Planner planner_;
  const Trace trace_;
  RunResult result_;
};

}  // namespace

RunResult run_seed(std::uint64_t seed, std::size_t steps, Trace trace) {
  RunResult result = Run(seed, trace).play(steps);
  if (result.broken) {
    result.broken =
        fmt::format("seed {}, step {}: {}; replay: simulation --seed {} --steps {} --trace", seed,
                    result.steps, *result.broken, seed, steps);
  }
  return result;
}

}  // namespace llmsnap::test
