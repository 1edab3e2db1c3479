// all_of: the effects of one kind among those that the planner answered with, in their order.
// Thread rule: pure.
#pragma once

#include <variant>
#include <vector>

#include "schedule/effect.h"

namespace llmsnap::schedule {

template <typename Wanted>
std::vector<Wanted> all_of(const std::vector<Effect>& effects) {
  std::vector<Wanted> found;
  for (const Effect& effect : effects) {
    if (const Wanted* wanted = std::get_if<Wanted>(&effect)) {
      found.push_back(*wanted);
    }
  }
  return found;
}

}  // namespace llmsnap::schedule
