// TrafficFamilies: what Prometheus is told of requests and of models' lives: counters and
// histograms since the start. Thread rule: observe on the background worker; write from any thread.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "base/mutex.h"
#include "llmsnap/model_state.h"
#include "llmsnap/traffic_record.h"
#include "metrics/exposition.h"

namespace llmsnap::metrics {

class TrafficFamilies {
 public:
  /// More models than this are told together: series cost memory at whoever reads them.
  static constexpr std::size_t MostModels = 1000;

  void observe(const TrafficRecord& record);
  void observe(const ModelEvent& event);
  void write(Exposition& out) const;

 private:
  // Bounds of the buckets, in seconds; the last one has none.
  static constexpr std::array<double, 14> Bounds{0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1,
                                                 2.5,  5,     10,   30,  60,   120, 300};
  struct Histogram {
    std::array<std::uint64_t, Bounds.size() + 1> counts{};
    double sum = 0;
    void add(std::chrono::duration<double> value);
  };
  struct Model {
    Histogram duration;
    Histogram first_byte;
    Histogram queue_wait;
    Histogram load;
    std::uint64_t input_tokens = 0;
    std::uint64_t output_tokens = 0;
    std::uint64_t cached_tokens = 0;
    std::uint64_t restarts = 0;
    std::map<GoingCause, std::uint64_t> swaps;  // all causes; none of what has no process of ours
    std::map<int, std::chrono::system_clock::time_point> starts;  // by instance, of those that load
  };
  // What a request is counted by.
  struct Kind {
    std::string model;
    std::string_view endpoint;
    std::string_view source;
    std::string_view code;
    friend auto operator<=>(const Kind&, const Kind&) = default;
  };
  using ByModel = std::map<std::string, Model>;

  /// The name that the model is told by.
  const std::string& label_of(const std::string& model) REQUIRES(mutex_);
  Model& of(const std::string& model) REQUIRES(mutex_);
  void write_lives(Exposition& out) const REQUIRES(mutex_);
  void write_histogram(std::string_view name, std::string_view help, Histogram Model::*member,
                       Exposition& out) const REQUIRES(mutex_);

  mutable Mutex mutex_;
  ByModel models_ GUARDED_BY(mutex_);
  std::map<Kind, std::uint64_t> requests_ GUARDED_BY(mutex_);
  std::map<std::pair<std::string, std::string_view>, std::uint64_t> errors_ GUARDED_BY(mutex_);
};

}  // namespace llmsnap::metrics
