// Matrix: which models may run together, compiled; and what a model that is to run must evict.
// Thread rule: immutable once compiled; any thread may ask.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "config/matrix_search.h"
#include "llmsnap/matrix_config.h"
#include "llmsnap/result.h"

namespace llmsnap {

struct MatrixSolution {
  std::vector<std::size_t> evict;  ///< of the running models, in the order they were given in
  std::int64_t cost = 0;           ///< of evicting them
  std::string set;                 ///< the one that allows it; empty = none
  /// The combination of that set with the target in it, ascending; of no set: the target.
  std::vector<std::size_t> combination;
};

/// What is wrong with a matrix.
struct MatrixFault {
  std::optional<std::size_t> set;  ///< its index; absent: it is about all of them
  std::string what;
};

/// A model is its index in the `models` given to compile(). Other numbers are models of no set.
class Matrix {
 public:
  /// InvalidConfig names the set and what is wrong with it. A name in an expression is a var, else
  /// a model. Costs below 1 count as 1; those of no model are ignored.
  static Result<Matrix> compile(const MatrixConfig& config, std::span<const std::string> models);

  /// Why compile() fails: the first fault of each set that has one. Empty: it does not.
  static std::vector<MatrixFault> faults(const MatrixConfig& config,
                                         std::span<const std::string> models);

  /// A target that runs evicts nothing, and one in no set everything. Else it is what the cheapest
  /// combination with the target lacks; of equals that of the earlier set, then the earlier one in
  /// the order of the expression. heaviest_choice() says when, beyond seven running models, this
  /// may cost more than the least.
  MatrixSolution solve(std::size_t target, std::span<const std::size_t> running) const;

  /// One combination of some set has them all; beyond eight models with the same limit.
  bool contains_all(std::span<const std::size_t> models) const;

  /// All models that sets mention, ascending.
  const std::vector<std::size_t>& members() const { return members_; }

  /// Names in compiled order: as defined, but those that a set refers to come right before it.
  const std::vector<std::string>& sets() const { return sets_; }

 private:
  Matrix() = default;

  std::int64_t cost_of(std::size_t model) const;

  std::vector<MatrixNode> nodes_;
  std::vector<std::string> sets_;
  std::vector<std::size_t> roots_;  // by set
  std::vector<std::size_t> members_;
  std::vector<std::int64_t> costs_;  // by model
};

}  // namespace llmsnap
