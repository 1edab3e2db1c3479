#include "gateway/live_events.h"

#include <fmt/format.h>

#include <utility>

#include "api/activity_text.h"
#include "api/decision_json.h"
#include "api/reload_json.h"

namespace llmsnap {

LiveEvents::LiveEvents(const Sources& sources, std::vector<live::EventFeed::Part> parts)
    : captures_(sources.captures),
      feed_(sources.worker, sources.logs, in_flight_, std::move(parts)) {
  EventBus& events = sources.events;
  subscriptions_.push_back(events.on_model([this](const ModelEvent& event) { tell(event); }));
  subscriptions_.push_back(events.on_reload([this](const ReloadReport& report) { tell(report); }));
  subscriptions_.push_back(
      sources.activity.on_row([this](const store::ActivityRow& row) { tell(row); }));
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

/// As llama-swap does, and as llmsnap did.
void LiveEvents::tell(const store::ActivityRow& row) {
  if (!feed_.is_watched()) {
    return;
  }
  feed_.publish("activity", fmt::format(R"({{"id":{}}})", row.id));
  std::string rows = "[";
  api::append_metrics_json(row, captures_.is_on(), rows);
  feed_.publish("metrics", rows + "]");
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
