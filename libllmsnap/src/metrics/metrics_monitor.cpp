#include "llmsnap/metrics_monitor.h"

#include "base/mutex.h"

namespace llmsnap {
namespace {

using Clock = TrafficRecord::Clock;

std::chrono::microseconds elapsed(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration_cast<std::chrono::microseconds>(to - from);
}

void add_record(ModelMetrics& metrics, const TrafficRecord& record) {
  constexpr Clock::time_point Never{};
  ++metrics.requests;
  if (record.outcome == Outcome::Refused || record.outcome == Outcome::UpstreamBroke ||
      record.outcome == Outcome::Shutdown || record.status >= 400) {
    ++metrics.errors;
  }
  metrics.input_tokens += record.usage.input_tokens.value_or(0);
  metrics.output_tokens += record.usage.output_tokens.value_or(0);
  metrics.cached_tokens += record.usage.cached_tokens.value_or(0);
  if (record.finished != Never) {
    const auto latency = elapsed(record.received, record.finished);
    metrics.latency_total += latency;
    metrics.latency.add(latency);
  }
  if (record.first_byte != Never) {
    const auto first_byte = elapsed(record.received, record.first_byte);
    metrics.first_byte_total += first_byte;
    metrics.first_byte.add(first_byte);
    ++metrics.first_byte_count;
  }
}

void add_metrics(ModelMetrics& sum, const ModelMetrics& part) {
  sum.requests += part.requests;
  sum.errors += part.errors;
  sum.input_tokens += part.input_tokens;
  sum.output_tokens += part.output_tokens;
  sum.cached_tokens += part.cached_tokens;
  sum.latency_total += part.latency_total;
  sum.first_byte_total += part.first_byte_total;
  sum.first_byte_count += part.first_byte_count;
  sum.latency.add(part.latency);
  sum.first_byte.add(part.first_byte);
}

}  // namespace

struct MetricsMonitor::State {
  explicit State(std::size_t row_limit) : rows(row_limit) {}

  void remember(const TrafficRecord& record) REQUIRES(mutex) {
    if (recent.size() < rows) {
      recent.push_back(record);
      recent.back().capture.reset();  // bodies have a budget of their own
    } else if (rows > 0) {
      recent[oldest] = record;  // into the old row's strings: mostly no allocation
      recent[oldest].capture.reset();
      oldest = (oldest + 1) % rows;
    }
  }

  const std::size_t rows;
  mutable Mutex mutex;
  std::map<std::string, ModelMetrics> models GUARDED_BY(mutex);
  std::vector<TrafficRecord> recent GUARDED_BY(mutex);  // a ring once it is full
  std::size_t oldest GUARDED_BY(mutex) = 0;
  RecordLosses losses GUARDED_BY(mutex);
};

MetricsMonitor::MetricsMonitor(std::size_t rows) : state_(std::make_unique<State>(rows)) {}

MetricsMonitor::~MetricsMonitor() = default;

void MetricsMonitor::observe(const TrafficRecord& record) {
  const MutexLock lock(state_->mutex);
  add_record(state_->models[record.model], record);
  if (!record.model.empty()) {
    state_->remember(record);
  }
}

void MetricsMonitor::observe_losses(const RecordLosses& losses) {
  const MutexLock lock(state_->mutex);
  state_->losses = losses;
}

RecordLosses MetricsMonitor::losses() const {
  const MutexLock lock(state_->mutex);
  return state_->losses;
}

std::map<std::string, ModelMetrics> MetricsMonitor::models() const {
  const MutexLock lock(state_->mutex);
  return state_->models;
}

ModelMetrics MetricsMonitor::total() const {
  ModelMetrics sum;
  const MutexLock lock(state_->mutex);
  for (const auto& [model, metrics] : state_->models) {
    add_metrics(sum, metrics);
  }
  return sum;
}

std::vector<TrafficRecord> MetricsMonitor::recent() const {
  const MutexLock lock(state_->mutex);
  std::vector<TrafficRecord> rows;
  rows.reserve(state_->recent.size());
  for (std::size_t index = 0; index < state_->recent.size(); ++index) {
    rows.push_back(state_->recent[(state_->oldest + index) % state_->recent.size()]);
  }
  return rows;
}

}  // namespace llmsnap
