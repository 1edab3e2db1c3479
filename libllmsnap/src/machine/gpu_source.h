// GpuSource: one way to see GPUs. It never opens a context on one, which would cost memory there.
// Thread rule: owned by one thread, which may block a little in it.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "machine/samples.h"

namespace llmsnap::machine {

class GpuSource {
 public:
  virtual ~GpuSource() = default;

  /// All GPUs as they are now, sorted by id. Nothing: this source has died; drop it, and open
  /// another one later.
  virtual std::optional<std::vector<GpuSample>> read() = 0;
};

}  // namespace llmsnap::machine
