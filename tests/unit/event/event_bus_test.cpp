#include "llmsnap/event_bus.h"

#include <future>
#include <string>
#include <thread>
#include <vector>

#include "catch.h"
#include "event/event_bus_access.h"

using namespace llmsnap;

namespace {

ModelEvent change_of(std::string model) {
  ModelEvent event;
  event.model = std::move(model);
  return event;
}

}  // namespace

TEST_CASE("all that several threads publish before the end reaches every subscriber", "[event]") {
  constexpr int Threads = 4;
  constexpr int PerThread = 2000;
  int requests = 0;
  std::uint64_t bytes = 0;
  {
    EventBus bus;
    const Subscription count = bus.on_request([&requests](const TrafficRecord&) { ++requests; });
    const Subscription sum =
        bus.on_request([&bytes](const TrafficRecord& record) { bytes += record.response_bytes; });
    std::vector<std::thread> threads;
    for (int thread = 0; thread < Threads; ++thread) {
      threads.emplace_back([&bus, thread] {
        for (int i = 0; i < PerThread; ++i) {
          TrafficRecord record;
          record.model = "model " + std::to_string(thread);
          record.user_agent = "an agent with a name that is long enough for the heap";
          record.response_bytes = 10;
          bus.publish(std::move(record));
        }
      });
    }
    for (std::thread& thread : threads) {
      thread.join();
    }
    CHECK(bus.request_losses() == RecordLosses{});
    std::promise<void> done;
    const Subscription last = bus.on_request([&done, &requests](const TrafficRecord&) {
      if (requests == Threads * PerThread + 1) {
        done.set_value();
      }
    });
    bus.publish(TrafficRecord());
    CHECK(done.get_future().wait_for(std::chrono::seconds(20)) == std::future_status::ready);
  }
  CHECK(requests == Threads * PerThread + 1);
  CHECK(bytes == 10u * Threads * PerThread);
}

TEST_CASE("the end of a bus delivers what was published before, in order", "[event]") {
  std::vector<std::string> heard;
  Subscription outlives_the_bus;
  {
    EventBus bus;
    outlives_the_bus =
        bus.on_model([&heard](const ModelEvent& event) { heard.push_back(event.model); });
    for (const char* model : {"a", "b", "c"}) {
      CHECK(bus.publish(change_of(model)));
    }
  }
  CHECK(heard == std::vector<std::string>{"a", "b", "c"});
}

TEST_CASE("a subscriber hears of its own kind of event alone, and until it is dropped", "[event]") {
  Worker worker;
  const auto bus = EventBusAccess::make(worker);
  int models = 0;
  int requests = 0;
  Subscription of_models = bus->on_model([&models](const ModelEvent&) { ++models; });
  const Subscription of_requests =
      bus->on_request([&requests](const TrafficRecord&) { ++requests; });
  bus->publish(TrafficRecord());
  of_models.cancel();
  bus->publish(change_of("m"));
  worker.stop();
  CHECK(models == 0);
  CHECK(requests == 1);
}
