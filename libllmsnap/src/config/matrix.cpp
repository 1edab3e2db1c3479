#include "config/matrix.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/escape.h"
#include "config/matrix_expression.h"

namespace llmsnap {
namespace {

using NodeKind = MatrixExpression::Node::Kind;
using Numbers = std::unordered_map<std::string_view, std::size_t>;

bool is_one_of(std::size_t model, std::span<const std::size_t> models) {
  return std::find(models.begin(), models.end(), model) != models.end();
}

std::vector<std::size_t> distinct(std::span<const std::size_t> models) {
  std::vector<std::size_t> once;
  for (const std::size_t model : models) {
    if (!is_one_of(model, once)) {
      once.push_back(model);
    }
  }
  return once;
}

MatrixWish wish_for_all(const std::vector<std::size_t>& models) {
  MatrixWish wish;
  for (const std::size_t model : models) {
    wish.models.push_back({model, 1});
  }
  wish.required = models.size();
  return wish;
}

/// What the compiler makes of a config, for Matrix to take.
struct Program {
  std::vector<MatrixNode> nodes;
  std::vector<std::string> sets;
  std::vector<std::size_t> roots;
};

class Compiler {
 public:
  Compiler(const MatrixConfig& config, const Numbers& models)
      : config_(config), models_(models), sets_(config.sets.size()) {
    for (const auto& [name, model] : config.vars) {
      vars_.emplace(name, model);
    }
  }

  /// What came of it means something only without faults().
  Program compile() {
    if (parse_all()) {
      for (std::size_t index = 0; index < sets_.size(); ++index) {
        place_with_references(index);
      }
    }
    return std::move(program_);
  }

  const std::vector<MatrixFault>& faults() const { return faults_; }

 private:
  struct Set {
    enum class Stage { Waiting, Open, Placed };

    MatrixExpression expression;
    Stage stage = Stage::Waiting;
    std::size_t next = 0;  // the node whose reference is to be looked at
    std::size_t root = 0;  // once placed
  };

  /// A set with a fault counts as placed, so that it is told of once and the others are looked at.
  void fail(std::size_t index, std::string what) {
    faults_.push_back({index, std::move(what)});
    sets_[index].stage = Set::Stage::Placed;
  }

  bool parse_all() {
    if (config_.sets.empty()) {
      faults_.push_back({std::nullopt, "the matrix must have at least one set"});
    }
    for (std::size_t index = 0; index < sets_.size(); ++index) {
      const MatrixSet& set = config_.sets[index];
      if (!set_numbers_.emplace(set.name, index).second) {
        fail(index, "duplicate set");
        continue;
      }
      auto expression = parse_matrix_expression(set.expression);
      if (expression) {
        sets_[index].expression = std::move(*expression);
      } else {
        fail(index, expression.error().message);
      }
    }
    return !config_.sets.empty();
  }

  // Not recursive, because a config may have any number of sets in a row.
  void place_with_references(std::size_t index) {
    std::vector<std::size_t> open{index};
    while (!open.empty()) {
      const std::size_t at = open.back();
      if (sets_[at].stage == Set::Stage::Placed) {
        open.pop_back();
        continue;
      }
      sets_[at].stage = Set::Stage::Open;
      const auto reference = next_reference(at);
      if (sets_[at].stage == Set::Stage::Placed) {
        continue;
      }
      if (!reference) {
        place(at);
      } else if (sets_[*reference].stage == Set::Stage::Open) {
        fail(at, "circular reference " + cycle(open, *reference));
      } else {
        open.push_back(*reference);
      }
    }
  }

  /// The next set that this one refers to; absent: there is none, or it is undefined, a fault.
  std::optional<std::size_t> next_reference(std::size_t index) {
    Set& set = sets_[index];
    while (set.next < set.expression.nodes.size()) {
      const MatrixExpression::Node& node = set.expression.nodes[set.next];
      ++set.next;
      if (node.kind != NodeKind::Set) {
        continue;
      }
      const auto found = set_numbers_.find(node.name);
      if (found != set_numbers_.end()) {
        return found->second;
      }
      fail(index, fmt::format("references undefined set '{}'", node.name));
      return std::nullopt;
    }
    return std::nullopt;
  }

  std::string cycle(const std::vector<std::size_t>& open, std::size_t again) const {
    std::string path;
    for (auto set = std::find(open.begin(), open.end(), again); set != open.end(); ++set) {
      path += escaped(config_.sets[*set].name) + " -> ";
    }
    return path + escaped(config_.sets[again].name);
  }

  void place(std::size_t index) {
    Set& set = sets_[index];
    std::vector<std::size_t> places;  // by node of the expression
    for (const MatrixExpression::Node& node : set.expression.nodes) {
      if (node.kind == NodeKind::Set) {
        places.push_back(sets_[set_numbers_.at(node.name)].root);
        continue;
      }
      if (node.kind == NodeKind::Name) {
        const auto model = model_of(node.name);
        if (!model) {
          fail(index, fmt::format("unknown var or model '{}'", node.name));
          return;
        }
        program_.nodes.push_back({MatrixNode::Kind::Model, *model});
      } else {
        const bool is_and = node.kind == NodeKind::And;
        program_.nodes.push_back({is_and ? MatrixNode::Kind::And : MatrixNode::Kind::Or,
                                  places[node.left], places[node.right]});
      }
      places.push_back(program_.nodes.size() - 1);
    }
    set.root = places.back();
    set.stage = Set::Stage::Placed;
    program_.sets.push_back(config_.sets[index].name);
    program_.roots.push_back(set.root);
  }

  std::optional<std::size_t> model_of(std::string_view name) const {
    const auto var = vars_.find(name);
    const auto model = models_.find(var == vars_.end() ? name : var->second);
    return model == models_.end() ? std::nullopt : std::optional(model->second);
  }

  const MatrixConfig& config_;
  const Numbers& models_;
  std::unordered_map<std::string_view, std::string_view> vars_;
  Numbers set_numbers_;    // by name
  std::vector<Set> sets_;  // as in config_
  Program program_;
  std::vector<MatrixFault> faults_;
};

Numbers numbers_of(std::span<const std::string> models) {
  Numbers numbers;
  for (std::size_t index = 0; index < models.size(); ++index) {
    numbers.emplace(models[index], index);
  }
  return numbers;
}

Error error_of(const MatrixConfig& config, const MatrixFault& fault) {
  return {ErrorCode::InvalidConfig,
          fault.set ? fmt::format("matrix set '{}': {}", escaped(config.sets[*fault.set].name),
                                  fault.what)
                    : fault.what};
}

}  // namespace

Result<Matrix> Matrix::compile(const MatrixConfig& config, std::span<const std::string> models) {
  const Numbers numbers = numbers_of(models);
  Compiler compiler(config, numbers);
  Program program = compiler.compile();
  if (!compiler.faults().empty()) {
    return error_of(config, compiler.faults().front());
  }
  Matrix matrix;
  matrix.nodes_ = std::move(program.nodes);
  matrix.sets_ = std::move(program.sets);
  matrix.roots_ = std::move(program.roots);
  for (const MatrixNode& node : matrix.nodes_) {
    if (node.kind == MatrixNode::Kind::Model) {
      matrix.members_.push_back(node.left);
    }
  }
  std::sort(matrix.members_.begin(), matrix.members_.end());
  matrix.members_.erase(std::unique(matrix.members_.begin(), matrix.members_.end()),
                        matrix.members_.end());
  matrix.costs_.assign(models.size(), 1);
  for (const auto& [model, cost] : config.evict_costs) {
    if (const auto found = numbers.find(model); found != numbers.end()) {
      matrix.costs_[found->second] = std::max(cost, 1);
    }
  }
  return matrix;
}

std::vector<MatrixFault> Matrix::faults(const MatrixConfig& config,
                                        std::span<const std::string> models) {
  const Numbers numbers = numbers_of(models);
  Compiler compiler(config, numbers);
  compiler.compile();
  return compiler.faults();
}

MatrixSolution Matrix::solve(std::size_t target, std::span<const std::size_t> running) const {
  MatrixSolution solution{{}, 0, {}, {target}};
  const std::vector<std::size_t> candidates = distinct(running);
  const bool runs = is_one_of(target, candidates);
  MatrixWish wish;
  if (runs) {
    wish = wish_for_all(candidates);
  } else {
    wish = wish_for_all({target});
    for (const std::size_t model : candidates) {
      wish.models.push_back({model, cost_of(model)});
    }
  }
  if (auto choice = heaviest_choice(nodes_, roots_, wish)) {
    solution.set = sets_[choice->root];
    solution.combination = std::move(choice->members);
  }
  for (const std::size_t model : candidates) {
    if (!runs && !is_one_of(model, solution.combination)) {
      solution.evict.push_back(model);
      solution.cost += cost_of(model);
    }
  }
  return solution;
}

bool Matrix::contains_all(std::span<const std::size_t> models) const {
  return heaviest_choice(nodes_, roots_, wish_for_all(distinct(models))).has_value();
}

std::int64_t Matrix::cost_of(std::size_t model) const {
  return model < costs_.size() ? costs_[model] : 1;
}

}  // namespace llmsnap
