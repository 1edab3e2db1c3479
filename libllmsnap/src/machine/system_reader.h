// SystemReader: processors, memory, load and network of a Linux machine, as they are now.
// Thread rule: one thread; calls block as long as the kernel takes.
#pragma once

#include <vector>

#include "machine/proc_texts.h"
#include "machine/samples.h"
#include "machine/system_files.h"

namespace llmsnap::machine {

class SystemReader {
 public:
  explicit SystemReader(SystemFiles files) : files_(std::move(files)) {}

  /// Where the next reading's processor times count from.
  void begin();

  /// All but the models.
  SystemSample read();

 private:
  const SystemFiles files_;
  std::vector<CoreTicks> ticks_;
};

}  // namespace llmsnap::machine
