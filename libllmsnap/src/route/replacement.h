// Replacement: other bytes for one range of a body.
// Thread rule: a plain value.
#pragma once

#include <cstddef>
#include <string>

namespace llmsnap::route {

/// [begin, end) as offsets into the body; an empty range is an insertion. A list of them is in
/// order and does not overlap.
struct Replacement {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string text;

  friend bool operator==(const Replacement&, const Replacement&) = default;
};

}  // namespace llmsnap::route
