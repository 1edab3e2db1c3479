#include "llmsnap/metrics_monitor.h"

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "catch.h"

using namespace std::chrono_literals;
using llmsnap::MetricsMonitor;
using llmsnap::ModelMetrics;
using llmsnap::Outcome;
using llmsnap::TrafficRecord;

namespace {

TrafficRecord record_of(const std::string& model, int status = 200,
                        Outcome outcome = Outcome::Complete) {
  TrafficRecord record;
  record.model = model;
  record.status = status;
  record.outcome = outcome;
  record.received = TrafficRecord::Clock::time_point(1h);
  record.first_byte = record.received + 10ms;
  record.finished = record.received + 40ms;
  record.usage.input_tokens = 7;
  record.usage.output_tokens = 5;
  record.usage.cached_tokens = 3;
  return record;
}

}  // namespace

TEST_CASE("requests, times and tokens add up for each model and in total", "[metrics]") {
  MetricsMonitor monitor;
  monitor.observe(record_of("a"));
  monitor.observe(record_of("a"));
  monitor.observe(record_of("b"));
  const auto models = monitor.models();
  REQUIRE(models.size() == 2);
  const ModelMetrics& a = models.at("a");
  CHECK(a.requests == 2);
  CHECK(a.errors == 0);
  CHECK(a.input_tokens == 14);
  CHECK(a.output_tokens == 10);
  CHECK(a.cached_tokens == 6);
  CHECK(a.latency_total == 80ms);
  CHECK(a.first_byte_total == 20ms);
  CHECK(a.first_byte_count == 2);
  CHECK(a.latency.count() == 2);
  CHECK(static_cast<double>(a.first_byte.quantile(0.5)->count()) == Approx(10'000).epsilon(0.125));
  CHECK(monitor.total().requests == 3);
  CHECK(monitor.total().output_tokens == 15);
  CHECK(monitor.total().latency.count() == 3);
}

TEST_CASE("what was refused, broke or has an error status is an error", "[metrics]") {
  MetricsMonitor monitor;
  monitor.observe(record_of("a", 200, Outcome::Complete));
  monitor.observe(record_of("a", 200, Outcome::ClientLeft));
  monitor.observe(record_of("a", 200, Outcome::UpstreamBroke));
  monitor.observe(record_of("a", 200, Outcome::Shutdown));
  monitor.observe(record_of("a", 404, Outcome::Refused));
  monitor.observe(record_of("a", 500, Outcome::Complete));
  CHECK(monitor.models().at("a").requests == 6);
  CHECK(monitor.models().at("a").errors == 4);
}

TEST_CASE("an answer without a body or an end counts for no time", "[metrics]") {
  MetricsMonitor monitor;
  TrafficRecord record = record_of("a");
  record.first_byte = {};
  record.finished = {};
  monitor.observe(record);
  const ModelMetrics metrics = monitor.models().at("a");
  CHECK(metrics.requests == 1);
  CHECK(metrics.first_byte_count == 0);
  CHECK(metrics.latency_total == 0ms);
  CHECK_FALSE(metrics.latency.quantile(0.5));
}

TEST_CASE("the most recent requests that reached a model are remembered", "[metrics]") {
  MetricsMonitor monitor(3);
  for (const char* model : {"a", "b", "", "c", "d", "e"}) {
    monitor.observe(record_of(model));
  }
  std::vector<std::string> models;
  for (const TrafficRecord& record : monitor.recent()) {
    models.push_back(record.model);
  }
  CHECK(models == std::vector<std::string>{"c", "d", "e"});
  CHECK(monitor.models().at("").requests == 1);

  MetricsMonitor forgetful(0);
  forgetful.observe(record_of("a"));
  CHECK(forgetful.recent().empty());
}

TEST_CASE("what is remembered of a request does not keep its bodies", "[metrics]") {
  MetricsMonitor monitor(1);
  const auto bodies = std::make_shared<int>(0);
  TrafficRecord record = record_of("m");
  record.capture = std::shared_ptr<const llmsnap::TrafficCapture>(
      bodies, reinterpret_cast<const llmsnap::TrafficCapture*>(bodies.get()));
  monitor.observe(record);
  monitor.observe(record);
  record.capture.reset();
  CHECK(monitor.recent().size() == 1);
  CHECK(bodies.use_count() == 1);
}

TEST_CASE("several threads may observe and read at once", "[metrics]") {
  MetricsMonitor monitor(10);
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&monitor] {
      for (int count = 0; count < 1000; ++count) {
        monitor.observe(record_of("a"));
      }
    });
  }
  for (int i = 0; i < 50; ++i) {
    CHECK(monitor.recent().size() <= 10);
    CHECK(monitor.total().requests <= 3000);
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  CHECK(monitor.total().requests == 3000);
}
