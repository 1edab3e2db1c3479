// child_environment: what a model's process finds in its environment.
// Thread rule: this_environment while no other thread changes the environment; the rest is pure.
#pragma once

#include <string>
#include <vector>

namespace llmsnap::process {

/// This process's own, but for LLMSNAP_*, which may hold secrets of ours.
std::vector<std::string> this_environment();

/// `base` with `additions`, each NAME=value; of several with one name the last stays, in the place
/// of the first.
std::vector<std::string> with_additions(std::vector<std::string> base,
                                        const std::vector<std::string>& additions);

}  // namespace llmsnap::process
