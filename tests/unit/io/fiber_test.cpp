#include "io/fiber.h"

#include <stdexcept>
#include <string>
#include <vector>

#include "catch.h"
#include "io/fiber_pool.h"
#include "io/sanitizer.h"
#include "io/wait.h"
#include "loop_runner.h"
#include "support/address_space_limit.h"

using namespace llmsnap;
using namespace llmsnap::io;

TEST_CASE("two fibers suspended while they handle exceptions keep their own", "[io]") {
  Loop loop;
  std::vector<std::string> seen;
  Wait* first_waits = nullptr;
  auto handle = [&seen](const char* text, auto pause) {
    try {
      throw std::runtime_error(text);
    } catch (const std::runtime_error&) {
      pause();
      try {
        throw;  // rethrows what the thread believes is being handled
      } catch (const std::runtime_error& again) {
        seen.emplace_back(again.what());
      }
    }
  };
  start_fiber(loop, [&] {
    handle("first", [&] {
      Wait wait;
      first_waits = &wait;
      CHECK(wait.until(NoDeadline) == WaitResult::Event);
    });
  });
  start_fiber(loop, [&] {
    handle("second", [&] {
      first_waits->notify();
      Fiber::yield();
      Fiber::yield();
    });
  });
  loop.stop();
  loop.run();
  CHECK(seen == std::vector<std::string>{"first", "second"});
}

TEST_CASE("an exception that leaves a fiber is reported and ends that fiber alone", "[io]") {
  Loop loop;
  std::string reported;
  bool other_ran = false;
  loop.fibers().on_escaped_exception([&](std::string_view what) { reported = what; });
  start_fiber(loop, [] { throw std::runtime_error("lost"); });
  start_fiber(loop, [&] { other_ran = true; });
  loop.stop();
  loop.run();
  CHECK(reported == "lost");
  CHECK(other_ran);
}

TEST_CASE("stacks are used again by later fibers and many fibers may wait at once", "[io]") {
  Loop loop;
  std::vector<Wait*> waiting;
  int ended = 0;
  constexpr int Count = 3000;
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < Count; ++i) {
      start_fiber(loop, [&] {
        Wait wait;
        waiting.push_back(&wait);
        wait.until(NoDeadline);
        ++ended;
        if (!waiting.empty()) {
          Wait* next = waiting.back();
          waiting.pop_back();
          next->notify();
        }
      });
    }
    start_fiber(loop, [&] {
      Wait* next = waiting.back();
      waiting.pop_back();
      next->notify();
    });
  }
  loop.stop();
  loop.run();
  CHECK(loop.fibers().alive() == 0);
  CHECK(ended >= Count);
}

TEST_CASE("yield lets other fibers run in between", "[io]") {
  Loop loop;
  std::string order;
  start_fiber(loop, [&] {
    order += 'a';
    Fiber::yield();
    order += 'c';
  });
  start_fiber(loop, [&] { order += 'b'; });
  loop.stop();
  loop.run();
  CHECK(order == "abc");
}

TEST_CASE("a fiber that no stack can be had for is refused, and the next one is not", "[io]") {
  if (SanitizersActive) {
    return;  // they need address space of their own
  }
  Loop loop;
  bool ran = false;
  {
    const test::AddressSpaceLimit limit(64 * 1024);
    CHECK_FALSE(loop.spawn([&ran] { ran = true; }));
  }
  CHECK(loop.fibers().alive() == 0);
  CHECK(loop.spawn([&ran] { ran = true; }));
  loop.stop();
  loop.run();
  CHECK(ran);
}

TEST_CASE("debug builds know how much stack was used", "[io]") {
  if (SanitizersActive) {
    return;
  }
  Loop loop;
  run_on_fiber(loop, [] {
    volatile char block[100'000];
    block[0] = 1;
    block[sizeof(block) - 1] = 1;
    CHECK(block[0] == 1);
  });
#if !defined(NDEBUG)
  CHECK(loop.fibers().deepest_stack_use() >= 100'000);
#endif
}
