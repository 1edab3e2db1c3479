// RecordingConfig: what is kept of requests and seen of the machine. Of the former this version
// reads and checks it, and keeps nothing yet. Thread rule: plain values.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace llmsnap {

struct RecordingConfig {
  std::size_t records_in_memory = 1000;             ///< `metricsMaxInMemory`
  std::size_t capture_megabytes = 5;                ///< `captureBuffer`; 0 = none
  std::string store_path;                           ///< `store.path`, of a database; empty = none
  std::size_t store_rows = 100'000;                 ///< `store.rows`, kept in that database
  std::chrono::milliseconds store_age{0};           ///< `store.age`; older rows go; 0 = none do
  bool watches_machine = true;                      ///< not `performance.disabled`
  std::chrono::milliseconds watch_interval{5'000};  ///< `performance.every`
  /// `ui.activity.session_id`: fields whose value says which session a request belongs to.
  std::vector<std::string> session_headers{"X-Session-ID", "X-Litellm-Session-Id"};

  friend bool operator==(const RecordingConfig&, const RecordingConfig&) = default;
};

}  // namespace llmsnap
