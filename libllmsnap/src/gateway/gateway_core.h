// GatewayCore: what a gateway is made of, built in the order of the layers and torn down in
// reverse. Thread rule: accessors from any thread; what they return has rules of its own.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <vector>

#include "api/api.h"
#include "api/stop_notice.h"
#include "capture/capture_store.h"
#include "event/event_bus_access.h"
#include "event/worker.h"
#include "gateway/live_config.h"
#include "gateway/live_events.h"
#include "gateway/log_drain.h"
#include "gateway/log_outlets.h"
#include "gateway/managed_models.h"
#include "gateway/output_collector.h"
#include "gateway/overload_report.h"
#include "gateway/request_registry.h"
#include "io/engine.h"
#include "llmsnap/gateway.h"
#include "llmsnap/process_manager.h"
#include "log/log.h"
#include "machine/machine_watch.h"
#include "metrics/traffic_families.h"
#include "peer/peer_watch.h"
#include "record/loss_report.h"
#include "store/activity_store.h"
#include "upstream/pool.h"

namespace llmsnap {

/// What belongs to one loop.
struct LoopState {
  explicit LoopState(io::Loop& its_loop) : loop(its_loop) {}
  io::Loop& loop;
  upstream::Pool pool;
  RequestRegistry handled;      ///< requests of Gateway::handle
  api::StopNotice stop_notice;  ///< to those requests
};

class GatewayCore {
 public:
  GatewayCore(Config config, GatewayOptions options);
  ~GatewayCore();
  GatewayCore(const GatewayCore&) = delete;
  GatewayCore& operator=(const GatewayCore&) = delete;

  /// The first one: what cannot change while the gateway lives.
  const Config& config() const { return config_; }
  LiveConfig& live_config() { return live_config_; }
  Log& log() { return log_; }
  Router& router() { return router_; }
  MetricsMonitor& metrics() { return metrics_; }
  store::ActivityStore& activity() { return activity_; }
  ProcessManager& processes() { return *processes_; }
  api::Api& api() { return *api_; }
  OverloadReport& overload() { return overload_; }
  io::Engine& engine() { return *engine_; }
  std::vector<std::unique_ptr<LoopState>>& loops() { return loops_; }

  EventBus& events() { return *events_; }
  /// The record of a request whose last byte has left.
  void complete(TrafficRecord&& record) { events_->publish(std::move(record)); }

  GatewayAnswer handle(GatewayRequest request);
  void preload();
  void shutdown();
  /// What a request is refused with once shutdown has begun.
  std::optional<Error> shutdown_error() const;

 private:
  ReloadReport apply(const Config& next);
  std::unique_ptr<route::StaticModels> table_of(const Config& config,
                                                const schedule::Handles& handles,
                                                const route::StaticModels* before = nullptr);
  std::vector<live::EventFeed::Part> parts_of_events();
  void subscribe_sinks();
  void tell_of_machine();
  void start_loops();

  Config config_;
  const ProxyEnvironment proxies_;
  LogOutlets outlets_;
  Log log_;
  Worker worker_;
  const std::unique_ptr<EventBus> events_ = EventBusAccess::make(worker_);
  MetricsMonitor metrics_;
  metrics::TrafficFamilies traffic_;
  store::ActivityStore activity_;
  record::LossReport loss_report_;
  OverloadReport overload_;
  capture::CaptureStore captures_;
  LiveEvents live_;
  LogDrain log_drain_;  // behind what may log on the worker
  Router router_;
  LiveConfig live_config_;
  std::unique_ptr<io::Engine> engine_;
  std::unique_ptr<ProcessManager> processes_;
  OutputCollector output_;
  std::unique_ptr<ManagedModels> models_;
  machine::HardwareDetection hardware_;
  std::unique_ptr<machine::MachineMonitor> machine_;
  std::unique_ptr<api::Api> api_;
  std::vector<std::unique_ptr<LoopState>> loops_;
  std::unique_ptr<peer::PeerWatch> peer_watch_;  // on the first loop
  std::vector<Subscription> sinks_;
  std::atomic<Deadline> drained_at_{NoDeadline};  // (latest) end of the shutdown, once it has begun
  std::atomic<std::size_t> next_loop_{0};
};

}  // namespace llmsnap
