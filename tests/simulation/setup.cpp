#include "simulation/setup.h"

#include <algorithm>
#include <string>
#include <utility>

namespace llmsnap::test {

using std::chrono::milliseconds;

schedule::InstanceSpec random_spec(Dice& dice, std::size_t number) {
  schedule::InstanceSpec spec;
  spec.name = "model-" + std::to_string(number);
  spec.concurrency_limit = dice.between(1, 4);
  spec.queue_limit = dice.between(1, 6);
  spec.queue_timeout = dice.span(50, 30'000);
  spec.max_wait = dice.chance(15) ? milliseconds(0) : dice.span(20, 5'000);
  spec.drain_timeout = dice.span(20, 10'000);
  spec.priority = dice.chance(70) ? 0 : static_cast<int>(dice.below(3)) - 1;
  spec.min_residency = dice.chance(70) ? milliseconds(0) : dice.span(1, 10'000);
  spec.ttl = dice.chance(60) ? milliseconds(0) : dice.span(1, 20'000);
  spec.stop_after = dice.chance(60) ? milliseconds(0) : dice.span(1, 20'000);
  if (dice.chance(20)) {
    spec.max_keep_alive = dice.span(0, 10'000);
  }
  spec.can_sleep = dice.chance(40);
  spec.restarts = dice.chance(20);
  spec.comes_back = dice.chance(15);
  return spec;
}

bool Setup::allows(const std::vector<std::size_t>& models) const {
  const auto holds_all = [&models](const std::vector<std::size_t>& combination) {
    return std::all_of(models.begin(), models.end(), [&combination](std::size_t model) {
      return std::find(combination.begin(), combination.end(), model) != combination.end();
    });
  };
  const bool is_one = std::all_of(models.begin(), models.end(),
                                  [&models](std::size_t model) { return model == models[0]; });
  return !matrix || is_one || std::any_of(combinations.begin(), combinations.end(), holds_all);
}

// Written again on purpose: the product's policy is what is tested.
bool Setup::evicts(schedule::Instance target, schedule::Instance other) const {
  if (crew_of[target] == crew_of[other]) {
    return false;
  }
  if (leaves[other] && !leaves[target] && model_of[other] == model_of[target]) {
    return true;
  }
  if (matrix) {
    return !allows({model_of[target], model_of[other]});
  }
  if (group_of[target] == group_of[other]) {
    return groups[group_of[target]].swap;
  }
  return groups[group_of[target]].exclusive && !groups[group_of[other]].persistent;
}

std::vector<schedule::Instance> Setup::crew(schedule::Instance instance) const {
  std::vector<schedule::Instance> members;
  for (schedule::Instance other = 0; other < crew_of.size(); ++other) {
    if (crew_of[other] == crew_of[instance] && (other == instance || !vacant[other])) {
      members.push_back(other);
    }
  }
  return members;
}

std::size_t Setup::random_size(Dice& dice) const {
  const std::size_t size = dice.chance(65) ? 1 : dice.between(2, 3);
  return most == 0 ? size : std::min(size, most);
}

void Setup::place(schedule::Instance instance, schedule::InstanceSpec spec, std::size_t model,
                  std::size_t crew, std::size_t group) {
  if (instance >= specs.size()) {
    specs.resize(instance + 1);
    group_of.resize(instance + 1);
    model_of.resize(instance + 1);
    crew_of.resize(instance + 1);
    vacant.resize(instance + 1);
    leaves.resize(instance + 1);
    flaw.resize(instance + 1);
  }
  specs[instance] = std::move(spec);
  group_of[instance] = group;
  model_of[instance] = model;
  crew_of[instance] = crew;
  vacant[instance] = false;
  leaves[instance] = false;
}

schedule::EvictionPolicy Setup::policy() const {
  schedule::EvictionPolicy policy =
      matrix ? schedule::matrix_policy(matrix, model_of) : schedule::group_policy(groups, group_of);
  if (most != 0) {
    policy = schedule::limited_policy(std::move(policy), most);
  }
  std::vector<std::vector<schedule::Instance>> successors(specs.size());
  for (schedule::Instance old = 0; old < specs.size(); ++old) {
    for (schedule::Instance next = 0; next < specs.size(); ++next) {
      if (leaves[old] && !leaves[next] && model_of[old] == model_of[next]) {
        successors[old].push_back(next);
      }
    }
  }
  return schedule::succession_policy(std::move(policy), std::move(successors));
}

/// Some sets of some alternatives; a model may be in none.
void add_matrix(Dice& dice, std::size_t models, Setup& setup) {
  std::vector<std::string> ids;
  for (std::size_t model = 0; model < models; ++model) {
    ids.push_back("m" + std::to_string(model));
  }
  MatrixConfig config;
  for (std::size_t left = dice.between(1, 3); left > 0; --left) {
    std::string alternatives;
    for (std::size_t more = dice.between(1, 3); more > 0; --more) {
      std::vector<std::size_t>& combination = setup.combinations.emplace_back();
      std::string together = ids[combination.emplace_back(dice.below(models))];
      for (std::size_t model = 0; model < models; ++model) {
        if (model != combination.front() && dice.chance(45)) {
          combination.push_back(model);
          together += " & " + ids[model];
        }
      }
      alternatives += (alternatives.empty() ? "(" : " | (") + together + ")";
    }
    config.sets.push_back({"set-" + std::to_string(left), alternatives});
  }
  for (const std::string& id : ids) {
    config.evict_costs[id] = static_cast<int>(dice.between(1, 4));
  }
  setup.matrix = std::make_shared<const Matrix>(*Matrix::compile(config, ids));
}

Setup random_setup(Dice& dice) {
  Setup setup;
  const std::size_t models = dice.between(1, 6);
  const std::size_t groups = dice.between(1, 3);
  for (std::size_t group = 0; group < groups; ++group) {
    setup.groups.push_back(
        {.swap = dice.chance(75), .exclusive = dice.chance(65), .persistent = dice.chance(25)});
  }
  if (dice.chance(35)) {
    add_matrix(dice, models, setup);
  }
  const bool sound = dice.chance(30);
  setup.most = dice.chance(50) ? 0 : dice.between(1, 4);
  for (std::size_t model = 0; model < models; ++model) {
    const std::size_t group = dice.below(groups);
    const schedule::InstanceSpec spec = random_spec(dice, model);
    for (std::size_t left = setup.random_size(dice); left > 0; --left) {
      const auto instance = static_cast<schedule::Instance>(setup.specs.size());
      setup.place(instance, spec, model, model, group);
      setup.flaw[instance] = sound ? 0 : dice.chance(25) ? 90 : dice.between(0, 30);
    }
  }
  setup.arrival_gap = static_cast<std::size_t>(dice.span(4, 8'000).count());
  setup.hold = static_cast<std::size_t>(dice.span(10, 40'000).count());
  setup.patience = static_cast<std::size_t>(dice.span(20, 20'000).count());
  setup.start = static_cast<std::size_t>(dice.span(20, 6'000).count());
  setup.exit = static_cast<std::size_t>(dice.span(5, 8'000).count());
  setup.operator_gap = static_cast<std::size_t>(dice.span(2'000, 400'000).count());
  setup.late_ticket = dice.between(0, 40);
  setup.impatience = dice.between(0, 50);
  setup.between_effects = dice.between(0, 60);
  setup.reload = dice.chance(50) ? 0 : dice.between(1, 60);
  setup.shuts_down = dice.chance(20);
  return setup;
}

}  // namespace llmsnap::test
