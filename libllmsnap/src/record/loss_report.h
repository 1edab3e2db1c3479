// LossReport: tells metrics and log of records that were dropped and of subscribers that threw.
// Thread rule: made and destroyed where its bus is; works on the background worker.
#pragma once

#include "event/worker.h"
#include "llmsnap/event_bus.h"
#include "llmsnap/metrics_monitor.h"
#include "log/paced_warning.h"

namespace llmsnap::record {

class LossReport final : private Worker::Source {
 public:
  /// All must outlive this. Make it after the bus: the worker empties its sources in the
  /// order they came, so that this sees what a batch has cost right after it. Of each kind of loss
  /// there is at most one line in `pause`.
  LossReport(Worker& worker, const EventBus& events, MetricsMonitor& metrics, Log& log,
             SteadyClock::duration pause = std::chrono::minutes(1));
  ~LossReport();
  LossReport(const LossReport&) = delete;
  LossReport& operator=(const LossReport&) = delete;

 private:
  void run_batch() override;

  Worker& worker_;
  const EventBus& events_;
  MetricsMonitor& metrics_;
  PacedWarning dropped_;
  PacedWarning failed_calls_;
  RecordLosses reported_;  // the worker's alone
};

}  // namespace llmsnap::record
