// Records of finished requests, and stores of them, for tests.
// Thread rule: one test, one thread.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "llmsnap/traffic_record.h"
#include "store/activity_store.h"

namespace llmsnap::store::test {

/// Longer than anything here takes; a test that hits it has failed.
inline Deadline soon() {
  return SteadyClock::now() + std::chrono::seconds(20);
}

/// A request that ended well, `at` seconds after the epoch.
inline TrafficRecord record_of(const std::string& model, std::int64_t at = 1'700'000'000) {
  TrafficRecord record;
  record.metered = true;
  record.model = model;
  record.method = "POST";
  record.path = "/v1/chat/completions";
  record.status = 200;
  record.response_content_type = "application/json";
  record.received_at = std::chrono::system_clock::time_point(std::chrono::seconds(at));
  return record;
}

inline TrafficRecord with_tokens(TrafficRecord record, std::uint64_t input, std::uint64_t output) {
  record.usage.input_tokens = input;
  record.usage.output_tokens = output;
  return record;
}

inline std::vector<std::uint64_t> ids_of(const std::vector<ActivityRow>& rows) {
  std::vector<std::uint64_t> ids;
  for (const ActivityRow& row : rows) {
    ids.push_back(row.id);
  }
  return ids;
}

/// The ids of a page, and how many rows there are on all.
struct Found {
  std::vector<std::uint64_t> ids;
  std::int64_t total = 0;
};

inline Found found(ActivityStore& store, const PageRequest& request = {}) {
  const auto page = store.page(request);
  return page ? Found{ids_of(page->rows), page->total} : Found{{}, -1};
}

}  // namespace llmsnap::store::test
