#include "metrics/traffic_families.h"

#include "catch.h"

namespace llmsnap::metrics {
namespace {

using namespace std::chrono_literals;

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TrafficRecord answered(const std::string& model) {
  TrafficRecord record;
  record.model = model;
  record.endpoint = "/v1/completions";
  record.source = Source::Local;
  record.metered = true;
  record.status = 200;
  record.received = TrafficRecord::Clock::time_point(1h);
  record.lease_asked = record.received;
  record.model_leased = record.received + 2s;
  record.first_byte = record.received + 3s;
  record.finished = record.received + 4s;
  record.usage.input_tokens = 7;
  record.usage.output_tokens = 9;
  return record;
}

std::string text_of(const TrafficFamilies& families) {
  Exposition out;
  families.write(out);
  return out.text();
}

TEST_CASE("a request is counted by model, endpoint, source and class of its status", "[metrics]") {
  TrafficFamilies families;
  families.observe(answered("m"));
  families.observe(answered("m"));
  const std::string text = text_of(families);
  CHECK(contains(text, "# TYPE llmsnap_requests_total counter\n"));
  CHECK(contains(text, R"(llmsnap_requests_total{model="m",endpoint="/v1/completions",)"
                       R"(source="local",code="2xx"} 2)"));
  CHECK(contains(text, R"(llmsnap_tokens_total{model="m",kind="input"} 14)"));
  CHECK(contains(text, R"(llmsnap_request_duration_seconds_bucket{model="m",le="2.5"} 0)"));
  CHECK(contains(text, R"(llmsnap_request_duration_seconds_bucket{model="m",le="5"} 2)"));
  CHECK(contains(text, R"(llmsnap_request_duration_seconds_bucket{model="m",le="+Inf"} 2)"));
  CHECK(contains(text, R"(llmsnap_request_duration_seconds_sum{model="m"} 8)"));
  CHECK(contains(text, R"(llmsnap_queue_wait_seconds_sum{model="m"} 4)"));
  CHECK(contains(text, R"(llmsnap_time_to_first_byte_seconds_sum{model="m"} 6)"));
}

TEST_CASE("clients cannot make up series", "[metrics]") {
  TrafficFamilies families;
  for (std::size_t i = 0; i < TrafficFamilies::MostModels + 10; ++i) {
    TrafficRecord record = answered("m" + std::to_string(i));
    record.endpoint = "/made/up/" + std::to_string(i);
    families.observe(record);
  }
  const std::string text = text_of(families);
  CHECK_FALSE(contains(text, "made"));
  CHECK(contains(text, R"(llmsnap_tokens_total{model="other",kind="input"} 70)"));
}

TEST_CASE("what failed is counted by its reason", "[metrics]") {
  TrafficFamilies families;
  TrafficRecord record = answered("m");
  record.status = 502;
  record.outcome = Outcome::Refused;
  families.observe(record);
  record.outcome = Outcome::Complete;
  families.observe(record);
  record.status = 200;
  record.outcome = Outcome::Cancelled;
  families.observe(record);
  const std::string text = text_of(families);
  CHECK(contains(text, R"(llmsnap_request_errors_total{model="m",reason="refused"} 1)"));
  CHECK(contains(text, R"(llmsnap_request_errors_total{model="m",reason="cancelled"} 1)"));
  CHECK(contains(text, R"(llmsnap_request_errors_total{model="m",reason="status_5xx"} 1)"));
}

TEST_CASE("a load takes from start to readiness, a restart follows a failure", "[metrics]") {
  TrafficFamilies families;
  const std::chrono::system_clock::time_point start{1h};
  const auto change = [&families](ModelState from, ModelState to,
                                  std::chrono::system_clock::time_point at) {
    families.observe(ModelEvent{"m", 0, from, to, "", at});
  };
  change(ModelState::Stopped, ModelState::Starting, start);
  change(ModelState::Starting, ModelState::Failed, start + 3s);
  change(ModelState::Failed, ModelState::Starting, start + 4s);
  change(ModelState::Starting, ModelState::Ready, start + 24s);
  const std::string text = text_of(families);
  CHECK(contains(text, R"(llmsnap_model_load_seconds_count{model="m"} 1)"));
  CHECK(contains(text, R"(llmsnap_model_load_seconds_sum{model="m"} 20)"));
  CHECK(contains(text, R"(llmsnap_process_restarts_total{model="m",reason="failure"} 1)"));
}

TEST_CASE("a model that the gateway lets go is counted once by its cause, and not where it stayed",
          "[metrics]") {
  TrafficFamilies families;
  const auto change = [&families](ModelState from, ModelState to,
                                  std::optional<GoingCause> cause = std::nullopt) {
    families.observe(ModelEvent{"m", 0, from, to, "", {}, std::nullopt, cause});
  };
  change(ModelState::Ready, ModelState::Draining, GoingCause::Idle);
  change(ModelState::Draining, ModelState::Ready);
  change(ModelState::Ready, ModelState::Draining, GoingCause::Room);
  change(ModelState::Draining, ModelState::SleepPending, GoingCause::Room);
  change(ModelState::SleepPending, ModelState::Asleep);
  change(ModelState::Asleep, ModelState::Stopping, GoingCause::Unload);
  change(ModelState::Stopping, ModelState::Stopped);
  const std::string text = text_of(families);
  CHECK(contains(text, "# TYPE llmsnap_swaps_total counter\n"));
  CHECK(contains(text, R"(llmsnap_swaps_total{model="m",reason="room"} 1)"));
  CHECK(contains(text, R"(llmsnap_swaps_total{model="m",reason="unload"} 1)"));
  CHECK(contains(text, R"(llmsnap_swaps_total{model="m",reason="idle"} 0)"));
}

TEST_CASE("a model that has no process of ours has no swaps", "[metrics]") {
  TrafficFamilies families;
  families.observe(answered("m"));
  CHECK_FALSE(contains(text_of(families), "llmsnap_swaps_total{"));
}

}  // namespace
}  // namespace llmsnap::metrics
