// ProcessManagerAccess: a process manager on a gateway's own threads, and its control thread.
// Thread rule: make by the gateway's owner; control from any thread.
#pragma once

#include <memory>

#include "io/engine.h"
#include "llmsnap/event_bus.h"
#include "llmsnap/process_manager.h"
#include "log/log.h"
#include "schedule/control.h"

namespace llmsnap {

class ProcessManagerAccess {
 public:
  /// All must outlive it.
  static std::unique_ptr<ProcessManager> make(const Config& config, io::Engine& engine,
                                              EventBus& events, Log& log);
  /// See schedule::Control::adopt; and by which names its models are known.
  static schedule::Adoption adopt(ProcessManager& manager, const Config& config);
  static schedule::Control& control(ProcessManager& manager);
};

}  // namespace llmsnap
