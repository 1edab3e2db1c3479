#include "io/bell.h"

#include <atomic>
#include <memory>
#include <thread>

#include "catch.h"
#include "loop_runner.h"

using namespace llmsnap;
using namespace llmsnap::io;

TEST_CASE("a ring from before the wait ends it at once", "[io]") {
  run_on_fiber([] {
    const auto bell = std::make_shared<Bell>();
    bell->ring();
    bell->ring();
    CHECK(bell->wait() == WaitResult::Event);
    const auto soon = SteadyClock::now() + std::chrono::milliseconds(5);
    // Once more for the ring that was on its way, then nothing.
    WaitResult last = bell->wait(soon);
    if (last == WaitResult::Event) {
      last = bell->wait(soon);
    }
    CHECK(last == WaitResult::Deadline);
  });
}

TEST_CASE("no news is missed, however the rings of another thread fall", "[io]") {
  run_on_fiber([] {
    const auto bell = std::make_shared<Bell>();
    constexpr int Last = 20'000;
    std::atomic<int> news{0};
    std::thread ringer([&news, bell] {
      for (int i = 1; i <= Last; ++i) {
        news.store(i);
        bell->ring();
      }
    });
    const Deadline patience = SteadyClock::now() + std::chrono::seconds(20);
    WaitResult result = WaitResult::Event;
    while (news.load() != Last && result == WaitResult::Event) {
      result = bell->wait(patience);
    }
    CHECK(result == WaitResult::Event);
    ringer.join();
  });
}
