// MachineWatch: what is known of the machine: what it is, and how it stands.
// Thread rule: plain references; both may be asked from any thread.
#pragma once

#include "machine/hardware_detection.h"
#include "machine/machine_monitor.h"

namespace llmsnap::machine {

struct MachineWatch {
  const MachineMonitor& monitor;
  const HardwareDetection& hardware;
};

}  // namespace llmsnap::machine
