// The search behind Matrix: the heaviest combination of some sets, without expanding them.
// Thread rule: plain values; a pure function.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace llmsnap {

/// Sets refer to nodes of other sets, so that all sets are one list of nodes.
struct MatrixNode {
  enum class Kind : std::uint8_t { Model, And, Or };

  Kind kind = Kind::Model;
  std::size_t left = 0;   ///< the number of a Model; else a node before this one
  std::size_t right = 0;  ///< of And and Or: a node before this one
};

struct MatrixWish {
  struct Model {
    std::size_t number = 0;
    std::int64_t weight = 1;  ///< of having it in the combination; at least 1
  };

  std::vector<Model> models;  ///< each once; others weigh nothing
  std::size_t required = 0;   ///< so many of `models`, from the first, must be in the combination
};

struct MatrixChoice {
  std::size_t root = 0;              ///< index in `roots`
  std::vector<std::size_t> members;  ///< of the combination, also those of no weight; ascending
};

/// The combination of the greatest weight; of equal ones that of the earlier root, then the earlier
/// one in the order of the expression. None where no combination has all that are required.
///
/// Exact while at most 256 ways to combine the models matter at any node, which eight models cannot
/// exceed, and until a bound of work that only expressions of thousands of overlapping nodes reach.
/// Beyond either a lighter combination than the heaviest may be found; with more than one model
/// required, also none where one exists.
std::optional<MatrixChoice> heaviest_choice(std::span<const MatrixNode> nodes,
                                            std::span<const std::size_t> roots,
                                            const MatrixWish& wish);

}  // namespace llmsnap
