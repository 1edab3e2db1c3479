// EventBusAccess: an event bus on a background worker that others use too.
// Thread rule: its owner's.
#pragma once

#include <memory>

#include "event/worker.h"
#include "llmsnap/event_bus.h"

namespace llmsnap {

class EventBusAccess {
 public:
  /// Requests that may wait for their subscribers.
  static constexpr std::size_t WaitingRequests = 16 * 1024;

  /// The worker must outlive the bus, and be stopped before that goes: it delivers what was
  /// published before.
  static std::unique_ptr<EventBus> make(Worker& worker,
                                        std::size_t waiting_requests = WaitingRequests);
};

}  // namespace llmsnap
