#include "live/in_flight_json.h"

#include <nlohmann/json.hpp>
#include <string_view>

#include "base/timestamp.h"
#include "record/redaction.h"

namespace llmsnap::live {
namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// The first value of each name.
Json shown(const wire::KeptFields& fields) {
  Json object = Json::object();
  for (const auto& [name, value] : fields) {
    object.emplace(name, record::shown_value(name, value));
  }
  return object;
}

Json entry_of(const Sight& sight, SteadyClock::time_point now) {
  // Some monitors (SwapBar) take the first word of a request for its last where time has passed.
  const auto lasts = sight.is_new ? SteadyClock::duration(0) : now - sight.received;
  const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(lasts).count();
  Json entry = {{"id", std::to_string(sight.number)},
                {"timestamp", utc_timestamp(sight.received_at)},
                {"model", sight.model},
                {"req_path", sight.path},
                {"method", sight.method},
                {"req_headers", shown(sight.request_fields)},
                {"remote_ip", sight.client},
                {"resp_headers", shown(sight.answer_fields)},
                {"resp_bytes", sight.answer_bytes},
                {"elapsed_ms", elapsed},
                {"request_id", sight.request_id}};
  if (!sight.selector.empty()) {
    entry["metadata"] = {{"selector", sight.selector}};
  }
  return entry;
}

}  // namespace

std::string snapshot_json(const std::vector<Sight>& sights, SteadyClock::time_point now) {
  Json requests = Json::array();
  for (const Sight& sight : sights) {
    requests.push_back(entry_of(sight, now));
  }
  return text_of({{"operation", "snapshot"}, {"requests", std::move(requests)}});
}

std::string upsert_json(const Sight& sight, SteadyClock::time_point now) {
  return text_of({{"operation", "upsert"}, {"request", entry_of(sight, now)}});
}

std::string remove_json(std::uint64_t number) {
  return text_of({{"operation", "remove"}, {"id", std::to_string(number)}});
}

}  // namespace llmsnap::live
