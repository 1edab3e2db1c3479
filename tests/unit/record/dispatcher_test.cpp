#include "record/dispatcher.h"

#include <string>
#include <thread>
#include <vector>

#include "catch.h"
#include "llmsnap/metrics_monitor.h"

using llmsnap::MetricsMonitor;
using llmsnap::Subscription;
using llmsnap::TrafficRecord;
using llmsnap::Worker;
using llmsnap::record::RecordDispatcher;

TEST_CASE("all that several threads hand on before the stop reaches every sink", "[record]") {
  constexpr int Threads = 4;
  constexpr int PerThread = 2000;
  Worker worker;
  RecordDispatcher dispatcher(worker);
  MetricsMonitor monitor(10);
  std::uint64_t bytes = 0;
  const Subscription metrics =
      dispatcher.subscribe([&monitor](const TrafficRecord& record) { monitor.observe(record); });
  const Subscription sum = dispatcher.subscribe(
      [&bytes](const TrafficRecord& record) { bytes += record.response_bytes; });
  std::vector<std::thread> threads;
  for (int thread = 0; thread < Threads; ++thread) {
    threads.emplace_back([&dispatcher, thread] {
      for (int i = 0; i < PerThread; ++i) {
        TrafficRecord record;
        record.model = "model " + std::to_string(thread);
        record.user_agent = "an agent with a name that is long enough for the heap";
        record.response_bytes = 10;
        dispatcher.hand_on(std::move(record));
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  worker.stop();
  CHECK(dispatcher.dropped() == 0);
  CHECK(bytes == 10u * Threads * PerThread);
  CHECK(monitor.total().requests == Threads * PerThread);
  CHECK(monitor.models().at("model 3").requests == PerThread);
}
