// What is told of samples in JSON: the shape of the references, MB being 1024 * 1024 bytes, with
// null for what is not known; and `models`, `mem_available_mb` of our own.
// Thread rule: a plain value. PURE.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "machine/samples.h"

namespace llmsnap::machine {

/// {"enabled":true,"sys_stats":[...],"gpu_stats":[...]}, each null where there is none; in parts,
/// so that whoever sends an hour of a large machine can do other things in between.
class PerformanceText {
 public:
  explicit PerformanceText(std::vector<SharedSample> samples) : samples_(std::move(samples)) {}

  /// The next part; empty at the end. The part stays until the next call.
  const std::string& next();

 private:
  enum class Step { System, Gpus, End };
  void write_system();
  void write_gpus();

  const std::vector<SharedSample> samples_;
  Step step_ = Step::System;
  std::size_t at_ = 0;    ///< the next sample
  bool has_gpu_ = false;  ///< one has been written
  std::string part_;
};

}  // namespace llmsnap::machine
