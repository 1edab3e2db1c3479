// LiveEvents: the requests in flight and the feed of /api/events, and what of the bus goes into it.
// Thread rule: made and destroyed where its bus is; what it gives has rules of its own.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "event/worker.h"
#include "live/event_feed.h"
#include "live/in_flight.h"
#include "llmsnap/event_bus.h"
#include "log/shared_logs.h"

namespace llmsnap {

class LiveEvents {
 public:
  /// All must outlive this. `parts` are asked once there are readers.
  LiveEvents(Worker& worker, EventBus& events, SharedLogs& logs,
             std::vector<live::EventFeed::Part> parts);

  live::InFlight& in_flight() { return in_flight_; }
  live::EventFeed& feed() { return feed_; }

 private:
  void tell(const ModelEvent& event);
  void tell(const ReloadReport& report);

  live::InFlight in_flight_;
  live::EventFeed feed_;
  std::vector<Subscription> subscriptions_;
};

}  // namespace llmsnap
