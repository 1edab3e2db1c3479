// MatrixConfig: the `matrix` section, which says what models may run together.
// Thread rule: plain values.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace llmsnap {

/// One name for alternatives (`|`) of models that may run together (`&`).
struct MatrixSet {
  std::string name;
  std::string expression;

  bool operator==(const MatrixSet&) const = default;
};

struct MatrixConfig {
  std::vector<std::pair<std::string, std::string>> vars;  ///< short name -> model id
  std::map<std::string, int> evict_costs;                 ///< by model id; others cost 1
  std::vector<MatrixSet> sets;                            ///< in the order of the file

  bool operator==(const MatrixConfig&) const = default;
};

}  // namespace llmsnap
