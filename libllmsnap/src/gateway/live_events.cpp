#include "gateway/live_events.h"

#include <utility>

#include "api/decision_json.h"
#include "api/reload_json.h"

namespace llmsnap {

LiveEvents::LiveEvents(Worker& worker, EventBus& events, SharedLogs& logs,
                       std::vector<live::EventFeed::Part> parts)
    : feed_(worker, logs, in_flight_, std::move(parts)) {
  subscriptions_.push_back(events.on_model([this](const ModelEvent& event) { tell(event); }));
  subscriptions_.push_back(events.on_reload([this](const ReloadReport& report) { tell(report); }));
}

void LiveEvents::tell(const ModelEvent& event) {
  if (!feed_.is_watched()) {
    return;
  }
  const std::string decision = api::decision_json(event);
  feed_.publish("decision", decision);
  if (event.to == ModelState::Failed) {
    feed_.publish("crash", decision);
  }
  feed_.publish_part("modelStatus");
}

void LiveEvents::tell(const ReloadReport& report) {
  if (!feed_.is_watched()) {
    return;
  }
  feed_.publish("config", api::reload_json(report));
  for (const char* part : {"modelStatus", "uiConfig", "profileChanged"}) {
    feed_.publish_part(part);
  }
}

}  // namespace llmsnap
