#include "io/wait.h"

#include <thread>

#include "catch.h"
#include "io/fiber.h"
#include "loop_runner.h"

using namespace llmsnap;
using namespace llmsnap::io;

TEST_CASE("a wait ends with the event, and at once when the event came before it", "[io]") {
  run_on_fiber([] {
    Wait wait;
    wait.notify();
    CHECK(wait.until(NoDeadline) == WaitResult::Event);
    start_fiber([&wait] { wait.notify(); });
    CHECK(wait.until(NoDeadline) == WaitResult::Event);
  });
}

TEST_CASE("a wait ends at its deadline", "[io]") {
  run_on_fiber([] {
    Wait wait;
    const auto before = SteadyClock::now();
    CHECK(wait.until(before + std::chrono::milliseconds(20)) == WaitResult::Deadline);
    CHECK(SteadyClock::now() >= before + std::chrono::milliseconds(20));
  });
}

TEST_CASE("the client's departure ends the wait that is on and every later one", "[io]") {
  run_on_fiber([] {
    Interruption interruption;
    Fiber::current()->watch(&interruption);
    start_fiber([&interruption] {
      interruption.raise(WaitResult::ClientLeft);
      interruption.raise(WaitResult::Shutdown);
    });
    Wait wait;
    CHECK(wait.until(NoDeadline) == WaitResult::ClientLeft);
    CHECK(wait.until(NoDeadline) == WaitResult::ClientLeft);
    Fiber::current()->watch(nullptr);
    wait.notify();
    CHECK(wait.until(NoDeadline) == WaitResult::Event);
  });
}

TEST_CASE("the first reason wins and later ones are forgotten", "[io]") {
  run_on_fiber([] {
    Interruption interruption;
    Fiber::current()->watch(&interruption);
    Wait wait;
    start_fiber([&] {
      wait.notify();
      interruption.raise(WaitResult::ClientLeft);
    });
    CHECK(wait.until(NoDeadline) == WaitResult::Event);
    CHECK(wait.until(NoDeadline) == WaitResult::ClientLeft);
  });
}

TEST_CASE("another thread reaches a waiting fiber through its loop", "[io]") {
  Loop loop;  // until the thread has ended: it may still be on its way out of post
  std::thread other;
  run_on_fiber(loop, [&loop, &other] {
    Wait wait;
    other = std::thread([&loop, &wait] { loop.post([&wait] { wait.notify(); }); });
    CHECK(wait.until(NoDeadline) == WaitResult::Event);
  });
  other.join();
}
