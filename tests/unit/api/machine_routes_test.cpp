#include <atomic>
#include <chrono>
#include <future>
#include <nlohmann/json.hpp>

#include "catch.h"
#include "client.h"
#include "support/contains.h"

namespace llmsnap::api::test {
namespace {

using Json = nlohmann::json;
using llmsnap::test::contains;

Config watching(bool watches) {
  Config config;
  config.recording.watches_machine = watches;
  config.recording.watch_interval = machine::MachineMonitor::LeastInterval;
  return config;
}

/// Waits for a sample that comes after this call.
void wait_for_sample(machine::MachineMonitor& monitor) {
  std::promise<void> heard;
  std::atomic_flag told;
  const Subscription subscription = monitor.on_sample([&](const machine::MachineSample&) {
    if (!told.test_and_set()) {
      heard.set_value();
    }
  });
  REQUIRE(heard.get_future().wait_for(std::chrono::seconds(20)) == std::future_status::ready);
}

TEST_CASE("without a monitor its routes say so with 503", "[machine-routes][S1]") {
  Client client(watching(false));
  const Reply performance = client.get("/api/performance");
  CHECK(performance.status == 503);
  CHECK(performance.body == R"({"enabled":false})");
  CHECK(performance.field("Content-Type") == "application/json");
  const Reply metrics = client.get("/metrics");
  CHECK(metrics.status == 200);  // requests and models are told of all the same
  CHECK_FALSE(contains(metrics.body, "llamaswap_"));
  CHECK(contains(metrics.body, "llmsnap_active_requests 0\n"));
}

TEST_CASE("the machine's samples are told, all or those after a moment", "[machine-routes]") {
  Client client(watching(true));
  wait_for_sample(client.monitor);
  const Json all = Json::parse(client.get("/api/performance").body);
  CHECK(all["enabled"] == true);
  const Json first = all["sys_stats"][0];
  CHECK(first["cpu_util_per_core"] == Json({12.5}));
  CHECK(first["models"] == Json({{{"model", "m"}, {"pss_mb", 3}}}));
  CHECK(all["gpu_stats"][0]["name"] == "RTX");
  CHECK(all["gpu_stats"][0]["timestamp"] == first["timestamp"]);
  wait_for_sample(client.monitor);
  const std::string after = "/api/performance?after=" + first["timestamp"].get<std::string>();
  const Json later = Json::parse(client.get(after).body);
  CHECK(later["sys_stats"][0]["timestamp"] > first["timestamp"]);
  const Json none =
      Json::parse(client.get("/api/performance?after=2100-01-01T00:00:00%2B01:00").body);
  CHECK(none["sys_stats"].is_null());
  CHECK(none["gpu_stats"].is_null());
}

TEST_CASE("a moment that is none is refused", "[machine-routes]") {
  Client client(watching(true));
  for (const char* const moment : {"yesterday", "2026-01-31", "2026-01-31T00:00:00"}) {
    const Reply reply = client.get(std::string("/api/performance?after=") + moment);
    CHECK(reply.status == 400);
    CHECK(contains(reply.body, "invalid 'after' timestamp, use RFC3339 format"));
  }
  CHECK(client.get("/api/performance?after=2026-01-31T00:00:00+01:00").status == 200);
  CHECK(client.get("/api/performance?after=").status == 200);
}

TEST_CASE("the newest sample is there for Prometheus", "[machine-routes][S2]") {
  Client client(watching(true));
  wait_for_sample(client.monitor);
  const Reply reply = client.get("/metrics");
  CHECK(reply.status == 200);
  CHECK(reply.field("Content-Type") == "text/plain; version=0.0.4; charset=utf-8");
  CHECK(contains(reply.body, "llamaswap_cpu_util_percent{core=\"0\"} 12.5\n"));
  CHECK(contains(reply.body, "llamaswap_gpu_util_percent{id=\"0\",name=\"RTX\"} 50\n"));
}

TEST_CASE("before the first sample nothing is told of the machine", "[machine-routes][S2]") {
  Client client;
  CHECK_FALSE(contains(client.get("/metrics").body, "llamaswap_"));
  CHECK(client.get("/metrics").status == 200);
  const Json json = Json::parse(client.get("/api/performance").body);
  CHECK(json == Json({{"enabled", true}, {"sys_stats", nullptr}, {"gpu_stats", nullptr}}));
}

TEST_CASE("what the machine is is told once it is known", "[machine-routes][S9]") {
  Client client;
  const Reply reply = client.get("/api/hardware");
  CHECK(reply.status == 200);
  CHECK(Json::parse(reply.body)["schema_version"] == 1);

  std::promise<void> may_end;
  Client early({}, [end = may_end.get_future().share()](Deadline, const UniqueFd&) {
    end.wait();
    return machine::Hardware();
  });
  const Reply refused = early.get("/api/hardware");
  may_end.set_value();
  CHECK(refused.status == 503);
  CHECK(contains(refused.body, "hardware detection unavailable"));
}

}  // namespace
}  // namespace llmsnap::api::test
