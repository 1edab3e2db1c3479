// ModelMemoryReader: what the models' processes hold: each with all that it has started.
// Thread rule: one thread; calls block as long as the kernel takes.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "machine/samples.h"
#include "machine/system_files.h"

namespace llmsnap::machine {

struct ModelProcess {
  std::string model;
  pid_t pid = 0;  ///< of a model with several instances there are several
};

class ModelMemoryReader {
 public:
  explicit ModelMemoryReader(SystemFiles files) : files_(std::move(files)) {}

  /// Sorted by model; those of which nothing could be read are left out. To add up a large
  /// process's pages takes the kernel a while, in which that process may wait for it: at most one
  /// part in a hundred of the time is spent on it, and between two readings the last one stands for
  /// the models that still run.
  std::vector<ModelMemory> read(const std::vector<ModelProcess>& processes,
                                SteadyClock::time_point now);

 private:
  std::vector<ModelMemory> read_anew(const std::vector<ModelProcess>& processes) const;

  const SystemFiles files_;
  SteadyClock::time_point next_at_ = SteadyClock::time_point::min();
  std::vector<ModelMemory> last_;
};

/// A process and all that come from it, 10,000 at most.
std::vector<pid_t> process_tree(pid_t root, const SystemFiles& files);

}  // namespace llmsnap::machine
