// KeepAlive: how long a request asks its model to stay once it is idle.
// Thread rule: a plain value.
#pragma once

#include <chrono>
#include <optional>

namespace llmsnap::schedule {

struct KeepAlive {
  std::optional<std::chrono::milliseconds> time;  ///< absent: for ever; 0: not at all

  friend bool operator==(const KeepAlive&, const KeepAlive&) = default;
};

}  // namespace llmsnap::schedule
