#include "record/loss_report.h"

#include "record/say_when_due.h"

namespace llmsnap::record {

LossReport::LossReport(Worker& worker, const EventBus& events, MetricsMonitor& metrics, Log& log,
                       SteadyClock::duration pause)
    : worker_(worker),
      events_(events),
      metrics_(metrics),
      dropped_(log, "records of requests dropped, subscribers are too slow", pause),
      failed_calls_(log, "calls of subscribers to requests that threw an exception", pause) {
  worker_.attach(*this);
}

LossReport::~LossReport() {
  worker_.detach(*this);
  dropped_.tell_rest();
  failed_calls_.tell_rest();
}

void LossReport::run_batch() {
  const RecordLosses now = events_.request_losses();
  if (now != reported_) {
    metrics_.observe_losses(now);
  }
  dropped_.happened(now.dropped - reported_.dropped);
  failed_calls_.happened(now.failed_calls - reported_.failed_calls);
  reported_ = now;
  say_when_due(worker_, dropped_);
  say_when_due(worker_, failed_calls_);
}

}  // namespace llmsnap::record
