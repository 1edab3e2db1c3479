#include "config/coexistence.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/escape.h"
#include "config/model_groups.h"

namespace llmsnap {

Coexistence::Coexistence(const Config& config) : has_matrix_(config.matrix.has_value()) {
  if (!has_matrix_) {
    groups_ = groups_with_default(config);
    for (std::size_t index = 0; index < groups_.size(); ++index) {
      for (const std::string& member : groups_[index].members) {
        group_of_.emplace(member, index);
      }
    }
    return;
  }
  std::vector<std::string> ids;
  for (const auto& [id, model] : config.models) {
    index_of_.emplace(id, ids.size());
    ids.push_back(id);
  }
  if (auto compiled = Matrix::compile(*config.matrix, ids)) {
    matrix_ = std::move(*compiled);
  }
}

std::string Coexistence::why_not_together(std::span<const std::string> models) const {
  if (models.size() < 2 || (has_matrix_ && !matrix_)) {
    return "";
  }
  if (!has_matrix_) {
    return why_not_in_groups(models);
  }
  std::vector<std::size_t> indices;
  for (const std::string& model : models) {
    indices.push_back(index_of_.at(model));
  }
  return matrix_->contains_all(indices)
             ? ""
             : "local targets must all appear together in one expanded matrix set";
}

std::string Coexistence::why_not_in_groups(std::span<const std::string> models) const {
  // A member that could not be resolved leaves its group, so that every model is in one.
  const std::size_t first = group_of_.at(models.front());
  for (const std::string& model : models) {
    if (const std::size_t group = group_of_.at(model); group != first) {
      return fmt::format("local targets must share one routing group: {} is in {}, {} in {}",
                         escaped(models.front()), escaped(groups_[first].name), escaped(model),
                         escaped(groups_[group].name));
    }
  }
  return groups_[first].swap
             ? fmt::format("local targets must share a group with swap: false, {} has swap: true",
                           escaped(groups_[first].name))
             : "";
}

}  // namespace llmsnap
