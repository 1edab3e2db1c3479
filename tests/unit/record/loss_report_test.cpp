#include "record/loss_report.h"

#include <future>
#include <stdexcept>
#include <string>
#include <vector>

#include "catch.h"
#include "event/event_bus_access.h"
#include "log/log.h"

using namespace llmsnap;
using namespace llmsnap::record;

namespace {

struct Recorded {
  std::vector<std::string> lines;
  Log log{[this](LogLevel, std::string_view line) { lines.emplace_back(line); }};
  Worker worker{std::chrono::milliseconds(0)};
  MetricsMonitor metrics;
};

}  // namespace

TEST_CASE("records that find the queue full are told of in log and metrics", "[record]") {
  Recorded seen;
  const auto bus = EventBusAccess::make(seen.worker, 2);
  const LossReport report(seen.worker, *bus, seen.metrics, seen.log);
  std::promise<void> entered;
  std::promise<void> go_on;
  bool first = true;
  const Subscription slow = bus->on_request(
      [&entered, &first, resume = go_on.get_future().share()](const TrafficRecord&) {
        if (std::exchange(first, false)) {
          entered.set_value();
          resume.wait();
        }
      });
  bus->publish(TrafficRecord());
  entered.get_future().wait();
  for (int i = 0; i < 5; ++i) {
    bus->publish(TrafficRecord());
  }
  CHECK(bus->request_losses().dropped == 3);
  go_on.set_value();
  seen.worker.stop();
  CHECK(seen.metrics.losses() == RecordLosses{3, 0});
  CHECK(seen.lines ==
        std::vector<std::string>{"records of requests dropped, subscribers are too slow: 3"});
}

TEST_CASE("subscribers that throw are told of in log and metrics, once in a while", "[record]") {
  Recorded seen;
  const auto bus = EventBusAccess::make(seen.worker);
  const LossReport report(seen.worker, *bus, seen.metrics, seen.log);
  const Subscription bad =
      bus->on_request([](const TrafficRecord&) { throw std::runtime_error("no"); });
  for (int i = 0; i < 3; ++i) {
    bus->publish(TrafficRecord());
  }
  seen.worker.stop();
  CHECK(seen.metrics.losses() == RecordLosses{0, 3});
  REQUIRE(seen.lines.size() == 1);
  CHECK(seen.lines[0].starts_with("calls of subscribers to requests that threw an exception: "));
}

TEST_CASE("while nothing is lost nothing is said", "[record]") {
  Recorded seen;
  const auto bus = EventBusAccess::make(seen.worker);
  const LossReport report(seen.worker, *bus, seen.metrics, seen.log);
  bus->publish(TrafficRecord());
  seen.worker.stop();
  CHECK(seen.metrics.losses() == RecordLosses{});
  CHECK(seen.lines.empty());
}
