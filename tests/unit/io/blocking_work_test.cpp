#include "io/blocking_work.h"

#include <future>
#include <thread>

#include "catch.h"
#include "io/wait.h"
#include "loop_runner.h"

using namespace llmsnap;
using namespace llmsnap::io;

TEST_CASE("while a job blocks its fiber waits and the loop goes on", "[io]") {
  BlockingWork work;
  std::promise<void> release;
  std::thread::id job_thread;
  std::string order;
  run_on_fiber([&] {
    start_fiber([&] {
      order += "loop ";
      release.set_value();
    });
    work.run([&] {
      release.get_future().wait();  // for ever, if the loop did not go on
      job_thread = std::this_thread::get_id();
    });
    order += "fiber";
  });
  CHECK(order == "loop fiber");
  CHECK(job_thread != std::this_thread::get_id());
}

TEST_CASE("a job outlives nobody's departure: its fiber waits, and hears of it at its next wait",
          "[io]") {
  BlockingWork work;
  std::promise<void> release;
  run_on_fiber([&] {
    Interruption interruption;
    Fiber::current()->watch(&interruption);
    start_fiber([&] {
      interruption.raise(WaitResult::ClientLeft);
      release.set_value();
    });
    bool ran = false;
    work.run([&] {
      release.get_future().wait();
      ran = true;
    });
    CHECK(ran);
    Wait next;
    CHECK(next.until(NoDeadline) == WaitResult::ClientLeft);
    Fiber::current()->watch(nullptr);
  });
}

TEST_CASE("outside of a fiber and after stop a job runs at once", "[io]") {
  BlockingWork work;
  std::thread::id thread;
  const auto note = [&thread] { thread = std::this_thread::get_id(); };
  work.run(note);
  CHECK(thread == std::this_thread::get_id());
  work.stop();
  thread = {};
  run_on_fiber([&] { work.run(note); });
  CHECK(thread == std::this_thread::get_id());
  thread = {};
  work.send(note);
  CHECK(thread == std::this_thread::get_id());
}

TEST_CASE("what was sent before stop has run after it", "[io]") {
  int ran = 0;
  BlockingWork work;
  for (int i = 0; i < 100; ++i) {
    work.send([&ran] { ++ran; });
  }
  work.stop();
  CHECK(ran == 100);
}
