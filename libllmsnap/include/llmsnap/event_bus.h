// EventBus: news to whoever subscribes: changes of models, finished requests, new configs. Thread
// rule: every method from any thread; subscribers run on one background thread, in the order of the
// events of their kind.
#pragma once

#include <functional>
#include <memory>

#include "llmsnap/model_state.h"
#include "llmsnap/reload_report.h"
#include "llmsnap/subscription.h"
#include "llmsnap/traffic_record.h"

namespace llmsnap {

class EventBus {
 public:
  /// With a background thread of its own. A gateway has a bus on its own thread; one that a host
  /// makes is for a ProcessManager alone, or for events of the host's.
  EventBus();
  /// Delivers first what was published before.
  ~EventBus();
  EventBus(const EventBus&) = delete;
  EventBus& operator=(const EventBus&) = delete;

  /// Hears of each change of a model's state until the handle is dropped. A subscriber may take its
  /// time, but the others wait for it; what it throws is counted and dropped.
  Subscription on_model(std::function<void(const ModelEvent&)> subscriber);

  /// Hears of each finished request, under the same rules.
  Subscription on_request(std::function<void(const TrafficRecord&)> subscriber);

  /// Hears of each new config, whether it was taken or has errors, under the same rules.
  Subscription on_reload(std::function<void(const ReloadReport&)> subscriber);

  /// Never waits for a subscriber. False: too many events wait for them, and this one is dropped.
  bool publish(ModelEvent&& event);
  bool publish(TrafficRecord&& record);
  bool publish(ReloadReport&& report);

  /// Requests that did not reach every subscriber so far.
  RecordLosses request_losses() const;

 private:
  friend class EventBusAccess;
  struct State;
  explicit EventBus(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace llmsnap
