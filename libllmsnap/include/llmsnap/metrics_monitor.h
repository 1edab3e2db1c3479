// MetricsMonitor: counts and remembers the requests that ended: how many, how fast, how many
// tokens. Thread rule: every method from any thread. Usable alone: feed it records with observe.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "llmsnap/duration_histogram.h"
#include "llmsnap/traffic_record.h"

namespace llmsnap {

/// Totals of one model since the monitor was made.
struct ModelMetrics {
  std::uint64_t requests = 0;
  std::uint64_t errors = 0;  ///< refused, broken, or status 400 and above
  std::uint64_t input_tokens = 0;
  std::uint64_t output_tokens = 0;
  std::uint64_t cached_tokens = 0;                ///< of the input tokens, read from a cache
  std::chrono::microseconds latency_total{0};     ///< from request received to last byte
  std::chrono::microseconds first_byte_total{0};  ///< from request received to first body byte
  std::uint64_t first_byte_count = 0;
  DurationHistogram latency;
  DurationHistogram first_byte;
};

class MetricsMonitor {
 public:
  /// `rows`: how many requests `recent` remembers; 0 remembers none.
  explicit MetricsMonitor(std::size_t rows = 1000);
  ~MetricsMonitor();
  MetricsMonitor(const MetricsMonitor&) = delete;
  MetricsMonitor& operator=(const MetricsMonitor&) = delete;

  /// Takes in one finished request. Never blocks on anything but readers copying.
  void observe(const TrafficRecord& record);

  /// Takes in the losses so far; what all figures here lack is `dropped`.
  void observe_losses(const RecordLosses& losses);
  RecordLosses losses() const;

  /// Totals by model id; "" holds requests that reached no model.
  std::map<std::string, ModelMetrics> models() const;

  /// The sum over all models.
  ModelMetrics total() const;

  /// The most recent requests that reached a model, oldest first, at most `rows` of the
  /// constructor; without their captures.
  std::vector<TrafficRecord> recent() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace llmsnap
