// Mutations of HTTP requests: from seeds and a number, always the same bytes and the same way to
// send them. Thread rule: pure functions; seeds are only read.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace llmsnap::test {

/// How a client ends when it has sent everything.
enum class Ending { HalfClose, Wait, Reset, Close };

struct MutatedCase {
  std::vector<std::string> pieces;  ///< sent one by one
  Ending ending = Ending::HalfClose;
};

/// The case of that number; `seeds` must not be empty.
MutatedCase mutated_case(const std::vector<std::string>& seeds, std::uint64_t seed,
                         std::uint64_t number);

}  // namespace llmsnap::test
