#include "io/blocking_work.h"

#include <dirent.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "catch.h"
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
