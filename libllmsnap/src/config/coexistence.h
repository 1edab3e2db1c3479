// Coexistence: whether models may be there at the same time, by groups or by the matrix.
// Thread rule: used by the thread that loads.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "config/matrix.h"
#include "llmsnap/config.h"

namespace llmsnap {

class Coexistence {
 public:
  /// After groups and matrix were read. A matrix that does not compile allows everything: that is
  /// an error of its own.
  explicit Coexistence(const Config& config);

  /// Why the models, by their ids, cannot all run together; empty: they can.
  std::string why_not_together(std::span<const std::string> models) const;

 private:
  std::string why_not_in_groups(std::span<const std::string> models) const;

  const bool has_matrix_;
  std::optional<Matrix> matrix_;
  std::map<std::string, std::size_t> index_of_;  // of a model, in the matrix
  std::vector<GroupConfig> groups_;
  std::map<std::string, std::size_t> group_of_;  // index in groups_
};

}  // namespace llmsnap
