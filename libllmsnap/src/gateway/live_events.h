// LiveEvents: the requests in flight and the feed of /api/events, and what of the bus goes into it.
// Thread rule: made and destroyed where its bus is; what it gives has rules of its own.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "capture/capture_store.h"
#include "event/worker.h"
#include "live/event_feed.h"
#include "live/in_flight.h"
#include "llmsnap/event_bus.h"
#include "log/shared_logs.h"
#include "store/activity_store.h"

namespace llmsnap {

class LiveEvents {
 public:
  struct Sources {
    Worker& worker;
    EventBus& events;
    SharedLogs& logs;
    store::ActivityStore& activity;
    const capture::CaptureStore& captures;
  };
  /// All must outlive this. `parts` are asked once there are readers.
  LiveEvents(const Sources& sources, std::vector<live::EventFeed::Part> parts);

  live::InFlight& in_flight() { return in_flight_; }
  live::EventFeed& feed() { return feed_; }

 private:
  void tell(const ModelEvent& event);
  void tell(const ReloadReport& report);
  void tell(const store::ActivityRow& row);

  const capture::CaptureStore& captures_;
  live::InFlight in_flight_;
  live::EventFeed feed_;
  std::vector<Subscription> subscriptions_;
};

}  // namespace llmsnap
