// ProcessManagerAccess: a process manager on a gateway's own threads, and its control thread.
// Thread rule: make by the gateway's owner; control from any thread.
#pragma once

#include <memory>

#include "event/worker.h"
#include "io/engine.h"
#include "llmsnap/process_manager.h"
#include "log/log.h"
#include "schedule/control.h"

namespace llmsnap {

class ProcessManagerAccess {
 public:
  /// All must outlive it; the worker must be stopped before it is destroyed.
  static std::unique_ptr<ProcessManager> make(const Config& config, io::Engine& engine,
                                              Worker& worker, Log& log);
  static schedule::Control& control(ProcessManager& manager);
};

}  // namespace llmsnap
