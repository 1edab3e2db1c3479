#include "llmsnap/event_bus.h"

#include <cstddef>
#include <utility>

#include "event/event_bus_access.h"
#include "event/topic.h"
#include "event/worker.h"

namespace llmsnap {
namespace {

constexpr std::size_t WaitingModelEvents = 4096;
constexpr std::size_t WaitingReloads = 64;

}  // namespace

struct EventBus::State {
  State(Worker& worker, std::size_t waiting_requests, std::unique_ptr<Worker> its_own)
      : own(std::move(its_own)),
        models(worker, WaitingModelEvents),
        requests(worker, waiting_requests),
        reloads(worker, WaitingReloads) {}
  ~State() {
    if (own != nullptr) {
      own->stop();
    }
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  const std::unique_ptr<Worker> own;  // null: it is another's
  Topic<ModelEvent> models;
  Topic<TrafficRecord> requests;
  Topic<ReloadReport> reloads;
};

EventBus::EventBus() {
  auto own = std::make_unique<Worker>();
  Worker& worker = *own;
  state_ = std::make_unique<State>(worker, EventBusAccess::WaitingRequests, std::move(own));
}

EventBus::EventBus(std::unique_ptr<State> state) : state_(std::move(state)) {}
EventBus::~EventBus() = default;

Subscription EventBus::on_model(std::function<void(const ModelEvent&)> subscriber) {
  return state_->models.subscribe(std::move(subscriber));
}

Subscription EventBus::on_request(std::function<void(const TrafficRecord&)> subscriber) {
  return state_->requests.subscribe(std::move(subscriber));
}

Subscription EventBus::on_reload(std::function<void(const ReloadReport&)> subscriber) {
  return state_->reloads.subscribe(std::move(subscriber));
}

bool EventBus::publish(ReloadReport&& report) {
  return state_->reloads.publish(std::move(report));
}

bool EventBus::publish(ModelEvent&& event) {
  return state_->models.publish(std::move(event));
}

bool EventBus::publish(TrafficRecord&& record) {
  return state_->requests.publish(std::move(record));
}

RecordLosses EventBus::request_losses() const {
  return {state_->requests.dropped(), state_->requests.failed_callbacks()};
}

std::unique_ptr<EventBus> EventBusAccess::make(Worker& worker, std::size_t waiting_requests) {
  return std::unique_ptr<EventBus>(
      new EventBus(std::make_unique<EventBus::State>(worker, waiting_requests, nullptr)));
}

}  // namespace llmsnap
