// Matrix against a reference that expands every combination.
#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "catch.h"
#include "config/matrix.h"

namespace llmsnap {
namespace {

using Combination = std::set<std::size_t>;
using Combinations = std::vector<Combination>;
using Models = std::vector<std::size_t>;

struct Shape {
  std::size_t models;
  int depth;
  std::size_t most_combinations;
  std::size_t most_in_leaf;
};

// A random config, and all combinations of each set in compiled order.
class Reference {
 public:
  Reference(const Shape& shape, std::mt19937& random) : shape_(shape), random_(random) {
    for (std::size_t model = 0; model < shape.models; ++model) {
      models.push_back("m" + std::to_string(model));
      costs.push_back(static_cast<int>(below(3)) + 1);
      config.evict_costs[models.back()] = costs.back();
    }
    // Each set refers to later ones or to earlier ones, so that compiled order is a matter.
    const std::size_t count = below(4) + 1;
    const bool forward = below(2) == 0;
    by_set_.resize(count);
    config.sets.resize(count);
    for (std::size_t step = 0; step < count; ++step) {
      const std::size_t set = forward ? count - 1 - step : step;
      do {
        uses_.clear();
        by_set_[set].clear();
        config.sets[set] = {"s" + std::to_string(set), expression(shape.depth, by_set_[set])};
      } while (by_set_[set].size() > shape.most_combinations);
      references_[set] = uses_;
      defined_.push_back(set);
    }
    for (std::size_t set = 0; set < count; ++set) {
      place(set);
    }
  }

  MatrixSolution solve(std::size_t target, const Models& running) const {
    const bool runs = std::count(running.begin(), running.end(), target) > 0;
    MatrixSolution best{runs ? Models{} : running, runs ? 0 : cost_of(running), {}, {target}};
    std::optional<std::int64_t> least;
    for (const std::size_t set : order) {
      for (const Combination& combination : by_set_[set]) {
        Models evict;
        std::copy_if(running.begin(), running.end(), std::back_inserter(evict),
                     [&combination](std::size_t model) { return combination.count(model) == 0; });
        const std::int64_t cost = cost_of(evict);
        const bool allowed = runs ? evict.empty() : combination.count(target) > 0;
        if (allowed && (!least || cost < *least)) {
          least = cost;
          best = {evict, cost, config.sets[set].name, {combination.begin(), combination.end()}};
        }
      }
    }
    return best;
  }

  bool contains_all(const Models& asked) const {
    return std::any_of(by_set_.begin(), by_set_.end(), [&asked](const Combinations& all) {
      return std::any_of(all.begin(), all.end(), [&asked](const Combination& combination) {
        return std::all_of(asked.begin(), asked.end(), [&combination](std::size_t model) {
          return combination.count(model) > 0;
        });
      });
    });
  }

  std::size_t below(std::size_t end) { return random_() % end; }

  MatrixConfig config;
  std::vector<std::string> models;
  std::vector<int> costs;
  std::vector<std::size_t> order;  // of sets, compiled

 private:
  std::int64_t cost_of(const Models& evict) const {
    std::int64_t cost = 0;
    for (const std::size_t model : evict) {
      cost += costs[model];
    }
    return cost;
  }

  std::string leaf(Combinations& all) {
    if (!defined_.empty() && below(4) == 0) {
      const std::size_t set = defined_[below(defined_.size())];
      uses_.push_back(set);
      all = by_set_[set];
      return "+" + config.sets[set].name;
    }
    all = {{}};
    std::string text;
    for (std::size_t left = below(shape_.most_in_leaf) + 1; left > 0; --left) {
      const std::size_t model = below(models.size());
      all.front().insert(model);
      text += (text.empty() ? "" : " & ") + models[model];
    }
    return "(" + text + ")";
  }

  std::string expression(int depth, Combinations& all) {
    if (depth == 0 || below(6) == 0) {
      return leaf(all);
    }
    Combinations lefts;
    Combinations rights;
    const std::string left = expression(depth - 1, lefts);
    const std::string right = expression(depth - 1, rights);
    if (below(2) == 0) {
      all = lefts;
      all.insert(all.end(), rights.begin(), rights.end());
      return "(" + left + " | " + right + ")";
    }
    for (const Combination& one : lefts) {
      for (const Combination& other : rights) {
        if (all.size() <= shape_.most_combinations) {
          all.push_back(one);
          all.back().insert(other.begin(), other.end());
        }
      }
    }
    return "(" + left + " & " + right + ")";
  }

  void place(std::size_t set) {
    if (std::count(order.begin(), order.end(), set) > 0) {
      return;
    }
    for (const std::size_t other : references_[set]) {
      place(other);
    }
    order.push_back(set);
  }

  const Shape shape_;
  std::mt19937& random_;
  std::vector<Combinations> by_set_;
  std::map<std::size_t, std::vector<std::size_t>> references_;
  std::vector<std::size_t> uses_;     // by the set at work, in the order of its expression
  std::vector<std::size_t> defined_;  // sets before the one at work
};

Models random_models(Reference& reference, std::size_t one_of) {
  Models picked;
  for (std::size_t model = 0; model < reference.models.size(); ++model) {
    if (reference.below(one_of) == 0) {
      picked.push_back(model);
    }
  }
  return picked;
}

std::string text_of(const MatrixSolution& solution) {
  std::string text = "evict";
  for (const std::size_t model : solution.evict) {
    text += " " + std::to_string(model);
  }
  text += " (" + std::to_string(solution.cost) + ") by " + solution.set + ":";
  for (const std::size_t model : solution.combination) {
    text += " " + std::to_string(model);
  }
  return text;
}

void compare(const Shape& shape, int configs, std::uint32_t seed) {
  std::mt19937 random(seed);
  for (int index = 0; index < configs; ++index) {
    Reference reference(shape, random);
    std::string sets;
    for (const MatrixSet& set : reference.config.sets) {
      sets += set.name + ": " + set.expression + "\n";
    }
    INFO(sets);
    const auto matrix = Matrix::compile(reference.config, reference.models);
    REQUIRE(matrix);
    for (std::size_t question = 0; question < 6; ++question) {
      const Models running = random_models(reference, question % 3 + 2);
      const std::size_t target = reference.below(reference.models.size());
      INFO("target " << target << ", running: " << Catch::Detail::stringify(running));
      REQUIRE(text_of(matrix->solve(target, running)) == text_of(reference.solve(target, running)));
      REQUIRE(matrix->contains_all(running) == reference.contains_all(running));
    }
  }
}

TEST_CASE("the matrix answers as if it had tried every combination in order", "[config]") {
  SECTION("few models that many parts share") {
    compare({5, 3, 2000, 1}, 1000, 1);
  }
  SECTION("more models, deeper expressions") {
    compare({8, 4, 1000, 2}, 400, 2);
  }
  SECTION("more than 64 relevant models") {
    compare({150, 3, 200, 60}, 100, 3);
  }
}

}  // namespace
}  // namespace llmsnap
