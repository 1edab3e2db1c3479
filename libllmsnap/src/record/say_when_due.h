// say_when_due: what a worker's source does in each batch for a paced warning of its own.
// Thread rule: on the background worker.
#pragma once

#include "event/worker.h"
#include "log/paced_warning.h"

namespace llmsnap::record {

/// Says what was kept back if it may be said now, else sees to it that the worker comes back for
/// it.
inline void say_when_due(Worker& worker, PacedWarning& warning) {
  warning.happened(0);
  if (const auto due = warning.due()) {
    worker.wake_at(*due);
  }
}

}  // namespace llmsnap::record
