#include <algorithm>
#include <utility>

#include "config/matrix.h"
#include "schedule/eviction_policy.h"

namespace llmsnap::schedule {
EvictionPolicy matrix_policy(std::shared_ptr<const Matrix> matrix,
                             std::vector<std::size_t> model_of_instance) {
  return [matrix = std::move(matrix), model_of = std::move(model_of_instance)](
             Instance target, std::span<const Running> running, Time) {
    std::vector<std::size_t> models;
    for (const Running& other : running) {
      if (!other.is_sibling) {
        models.push_back(model_of[other.instance]);
      }
    }
    const MatrixSolution solution = matrix->solve(model_of[target], models);
    const Cause cause = solution.set.empty() ? Cause::NoSet : Cause::OtherSet;
    std::vector<Eviction> evicted;
    for (const Running& other : running) {
      if (!other.is_sibling && std::find(solution.evict.begin(), solution.evict.end(),
                                         model_of[other.instance]) != solution.evict.end()) {
        evicted.push_back({other.instance, cause, solution.set, solution.cost});
      }
    }
    return evicted;
  };
}

}  // namespace llmsnap::schedule
