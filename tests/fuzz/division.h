// Where a fuzz input is cut into pieces: the input itself decides, so a finding can be repeated.
// Thread rule: pure functions.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace llmsnap::test {

/// Hash of the bytes (FNV-1a); stands in for a random seed.
std::size_t seed_of(std::string_view bytes);

/// Up to eight ascending cuts below `size`.
std::vector<std::size_t> random_cuts(std::size_t seed, std::size_t size);

/// Ends the process with `what` unless `holds`: how a fuzz target reports a broken invariant.
void require(bool holds, const char* what);

}  // namespace llmsnap::test
