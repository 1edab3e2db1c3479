#include "machine/machine_monitor.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <string>

#include "catch.h"
#include "support/eventually.h"

namespace llmsnap::machine {
namespace {

using std::chrono::milliseconds;

RecordingConfig every(milliseconds interval, bool enabled = true) {
  RecordingConfig config;
  config.watches_machine = enabled;
  config.watch_interval = interval;
  return config;
}

/// What was asked of them, and how often; the count of looks stands in the load.
struct FakeEyes {
  std::atomic<int> looks{0};
  std::atomic<int> begun{0};
  std::atomic<int> gpus_open{0};
  std::atomic<long> gpu_interval{0};

  MachineEyes eyes() {
    MachineEyes eyes;
    eyes.begin = [this] { ++begun; };
    eyes.system = [this] {
      SystemSample sample;
      sample.load = {static_cast<double>(++looks), 0, 0};
      return sample;
    };
    eyes.models = [] { return std::vector<ModelMemory>{{"m", 5}}; };
    eyes.gpus = [this](milliseconds interval) -> std::function<std::vector<GpuSample>()> {
      gpu_interval = interval.count();
      ++gpus_open;
      // Who drops the function closes what it looks with.
      const std::shared_ptr<void> open(nullptr, [this](void*) { --gpus_open; });
      return [open] { return std::vector<GpuSample>(2); };
    };
    return eyes;
  }
};

constexpr milliseconds Fast{1};  // is taken as the least

TEST_CASE("a ring keeps the newest values in order", "[machine][S7]") {
  SampleRing<int> ring(3);
  const auto values = [&ring] { return std::vector<int>(ring.begin(), ring.end()); };
  CHECK(ring.empty());
  CHECK(values().empty());
  ring.add(1);
  ring.add(2);
  CHECK(values() == std::vector<int>{1, 2});
  ring.add(3);
  CHECK(values() == std::vector<int>{1, 2, 3});
  ring.add(4);
  ring.add(5);
  CHECK(values() == std::vector<int>{3, 4, 5});
  CHECK(ring.newest() == 5);
  const SampleRing<int> copy = ring;
  ring.add(6);
  CHECK(copy.newest() == 5);
}

TEST_CASE("a ring of one keeps one, a ring of none nothing", "[machine][S7]") {
  SampleRing<int> one(1);
  one.add(1);
  one.add(2);
  CHECK(one.size() == 1);
  CHECK(one.newest() == 2);
  SampleRing<int> none(0);
  none.add(1);
  CHECK(none.empty());
}

TEST_CASE("the machine is looked at every so often, and no more often than that", "[machine][S6]") {
  FakeEyes fake;
  const auto began = SteadyClock::now();
  MachineMonitor monitor(every(Fast), fake.eyes());
  CHECK(monitor.enabled());
  CHECK(monitor.newest() == nullptr);
  REQUIRE(test::eventually([&] { return monitor.samples().size() >= 3; }));
  CHECK(SteadyClock::now() - began >= 3 * MachineMonitor::LeastInterval);
  CHECK(fake.begun == 1);
  CHECK(fake.gpu_interval == MachineMonitor::LeastInterval.count());
  const auto samples = monitor.samples();
  CHECK(samples[0]->system.load->front() == 1);
  CHECK(samples[2]->system.load->front() == 3);
  CHECK(samples[0]->gpus.size() == 2);
  CHECK(samples[0]->system.models == std::vector<ModelMemory>{{"m", 5}});
  CHECK(samples[0]->at < samples[1]->at);
}

TEST_CASE("by default there is a look every five seconds", "[machine][S6]") {
  FakeEyes fake;
  MachineMonitor monitor(RecordingConfig(), fake.eyes());
  REQUIRE(test::eventually([&] { return fake.begun == 1; }));
  CHECK(fake.gpu_interval == 5000);
  CHECK(fake.looks == 0);
}

TEST_CASE("only samples later than a moment are told", "[machine][S6]") {
  FakeEyes fake;
  MachineMonitor monitor(every(Fast), fake.eyes());
  REQUIRE(test::eventually([&] { return monitor.samples().size() >= 3; }));
  const auto all = monitor.samples();
  const auto later = monitor.samples(all[0]->at);
  REQUIRE(later.size() >= 2);
  CHECK(later[0] == all[1]);
  CHECK(monitor.samples(monitor.newest()->at + std::chrono::hours(1)).empty());
}

TEST_CASE("each subscriber hears of each sample, until it does not want to", "[machine][S6]") {
  FakeEyes fake;
  MachineMonitor monitor(every(Fast), fake.eyes());
  std::atomic<int> first{0};
  std::atomic<int> second{0};
  Subscription one = monitor.on_sample([&first](const MachineSample& sample) {
    first = static_cast<int>(sample.system.load->front());
  });
  const Subscription two = monitor.on_sample([&second](const MachineSample&) { ++second; });
  REQUIRE(test::eventually([&] { return first >= 1 && second >= 1; }));
  one.cancel();
  const int heard = first;
  const int heard_by_second = second;
  REQUIRE(test::eventually([&] { return second > heard_by_second; }));
  CHECK(first == heard);
}

TEST_CASE("while it is disabled nothing is looked at, nor kept", "[machine][S6]") {
  FakeEyes fake;
  MachineMonitor monitor(every(Fast, false), fake.eyes());
  CHECK_FALSE(monitor.enabled());
  monitor.change(every(Fast));
  REQUIRE(test::eventually([&] { return monitor.newest() != nullptr; }));
  monitor.change(every(Fast, false));
  CHECK_FALSE(monitor.enabled());
  CHECK(monitor.newest() == nullptr);
  CHECK(monitor.samples().empty());
  CHECK(test::eventually([&] { return fake.gpus_open == 0; }));
}

TEST_CASE("another interval begins with nothing, the same one changes nothing", "[machine][S6]") {
  FakeEyes fake;
  MachineMonitor monitor(every(milliseconds(100)), fake.eyes());
  REQUIRE(test::eventually([&] { return monitor.newest() != nullptr; }));
  RecordingConfig same = every(milliseconds(100));
  same.capture_megabytes = 9;
  monitor.change(same);
  CHECK(monitor.newest() != nullptr);
  monitor.change(every(std::chrono::hours(2)));
  CHECK(monitor.newest() == nullptr);
  CHECK(test::eventually([&] { return fake.begun == 2; }));
}

TEST_CASE("a monitor ends at once, however long its interval", "[machine][S6]") {
  FakeEyes fake;
  const auto began = SteadyClock::now();
  { const MachineMonitor monitor(every(std::chrono::hours(1)), fake.eyes()); }
  CHECK(SteadyClock::now() - began < std::chrono::seconds(10));
  CHECK(fake.gpus_open == 0);
}

TEST_CASE("what is read may be asked for by many at once", "[machine][S6]") {
  FakeEyes fake;
  MachineMonitor monitor(every(Fast), fake.eyes());
  std::atomic<bool> done{false};
  std::vector<std::future<bool>> readers;
  for (int i = 0; i < 4; ++i) {
    readers.push_back(std::async(std::launch::async, [&monitor, &done] {
      bool in_order = true;
      while (!done) {
        const auto samples = monitor.samples();
        in_order =
            in_order && std::is_sorted(samples.begin(), samples.end(),
                                       [](const auto& a, const auto& b) { return a->at < b->at; });
        const auto newest = monitor.newest();
        in_order = in_order && (newest != nullptr || samples.empty());
      }
      return in_order;
    }));
  }
  CHECK(test::eventually([&] { return monitor.samples().size() >= 2; }));
  done = true;
  for (auto& reader : readers) {
    CHECK(reader.get());
  }
}

TEST_CASE("this machine's own eyes see it", "[machine][S6]") {
  MachineMonitor monitor(every(Fast), eyes_on_this_machine([] {
                           return std::vector<ModelProcess>{{"me", ::getpid()}};
                         }));
  REQUIRE(test::eventually([&] { return monitor.newest() != nullptr; }));
  const SharedSample sample = monitor.newest();
  CHECK_FALSE(sample->system.cpu_percent.empty());
  REQUIRE(sample->system.memory);
  REQUIRE(sample->system.models.size() == 1);
  CHECK(sample->system.models[0].bytes > 0);
}

}  // namespace
}  // namespace llmsnap::machine
