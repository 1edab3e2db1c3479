#include "io/blocking_work.h"

#include <dirent.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/wanted_work.h"
#include "catch.h"
#include "io/fiber.h"
#include "io/loop.h"
#include "io/wait.h"
#include "loop_runner.h"

using namespace llmsnap;
using namespace llmsnap::io;

namespace {

std::set<std::string> threads_of_this_process() {
  std::set<std::string> threads;
  DIR* folder = ::opendir("/proc/self/task");
  REQUIRE(folder != nullptr);
  while (const dirent* entry = ::readdir(folder)) {
    threads.insert(entry->d_name);
  }
  ::closedir(folder);
  return threads;
}

}  // namespace

TEST_CASE("the thread for blocking work starts with the first job on a fiber, and is the only one",
          "[io]") {
  const auto before = threads_of_this_process();
  BlockingWork work;
  for (const std::string& thread : threads_of_this_process()) {
    CHECK(before.count(thread) == 1);
  }
  work.run([] {});
  std::set<std::string> used;
  run_on_fiber([&] {
    for (int i = 0; i < 3; ++i) {
      work.run([&used] { used.insert(std::to_string(::gettid())); });
    }
  });
  REQUIRE(used.size() == 1);
  CHECK(before.count(*used.begin()) == 0);
}

TEST_CASE("jobs that come from many threads at once all run, the first of them too", "[io]") {
  std::atomic<int> ran{0};
  {
    BlockingWork work;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&work, &ran] { work.send([&ran] { ++ran; }); });
    }
    for (std::thread& thread : threads) {
      thread.join();
    }
  }
  CHECK(ran == 4);
}

TEST_CASE("a job whose client has left is told so, and one that waits is not begun", "[io]") {
  const bool has_begun = GENERATE(true, false);
  BlockingWork work;
  std::atomic<bool> may_end{has_begun};
  bool was_told = false;
  std::promise<void> begun;
  run_on_fiber([&] {
    Interruption left;
    if (!has_begun) {
      work.send([&] {
        begun.set_value();
        while (!may_end) {
          std::this_thread::yield();
        }
      });
      begun.get_future().wait();
    }
    start_fiber([&] {
      if (has_begun) {
        begun.get_future().wait();
      }
      left.raise(WaitResult::ClientLeft);
      Fiber::yield();  // whoever waits is told first
      may_end = true;
    });
    Fiber::current()->watch(&left);
    const auto done = work.run_while_wanted([&] {
      begun.set_value();
      while (!WantedWork::is_given_up()) {
        std::this_thread::yield();
      }
      was_told = true;
    });
    Fiber::current()->watch(nullptr);
    REQUIRE_FALSE(done);
    CHECK(done.error().code == ErrorCode::ClientLeft);
  });
  CHECK(was_told == has_begun);
}

TEST_CASE("a job may end in the moment in which its client leaves", "[io]") {
  BlockingWork work;
  run_on_fiber([&work] {
    Interruption left;
    std::atomic<bool> both_are_posted{false};
    start_fiber([&both_are_posted] {
      while (!both_are_posted) {  // so that the loop takes them in one round
        std::this_thread::yield();
      }
    });
    Fiber::current()->watch(&left);
    const auto done = work.run_while_wanted([&, loop = Loop::current()] {
      loop->post(Task([&left] { left.raise(WaitResult::ClientLeft); }));
      work.send(Task([&both_are_posted] { both_are_posted = true; }));  // behind the job's end
    });
    Fiber::current()->watch(nullptr);
    CHECK_FALSE(done);
  });
}

TEST_CASE("a job that is wanted to its end says nothing of whoever waits", "[io]") {
  BlockingWork work;
  run_on_fiber([&work] {
    Interruption none;
    Fiber::current()->watch(&none);
    bool was_told = true;
    CHECK(work.run_while_wanted([&was_told] { was_told = WantedWork::is_given_up(); }));
    Fiber::current()->watch(nullptr);
    CHECK_FALSE(was_told);
  });
}

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
