// capture_mask: which parts of a request and its answer are kept, by the path it was served by.
// Thread rule: a pure function.
#pragma once

#include <string_view>

namespace llmsnap::capture {

/// Headers are always kept.
struct Mask {
  bool request_body = true;
  bool answer_body = true;

  friend bool operator==(const Mask&, const Mask&) = default;
};

/// What is sound or pictures is not kept, as in llama-swap.
Mask mask_of(std::string_view path);

}  // namespace llmsnap::capture
