#include "event/topic.h"

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "catch.h"

using namespace std::chrono_literals;
using llmsnap::Subscription;
using llmsnap::Topic;
using llmsnap::Worker;

TEST_CASE("every subscriber hears every event in the order of publishing", "[event]") {
  Worker worker;
  Topic<std::string> topic(worker, 100);
  std::vector<std::string> first;
  std::vector<std::string> second;
  const Subscription one = topic.subscribe([&first](const auto& event) { first.push_back(event); });
  const Subscription two =
      topic.subscribe([&second](const auto& event) { second.push_back(event); });
  for (const char* event : {"a", "b", "c"}) {
    CHECK(topic.publish(event));
  }
  worker.stop();
  const std::vector<std::string> expected = {"a", "b", "c"};
  CHECK(first == expected);
  CHECK(second == expected);
}

TEST_CASE("events of several threads all arrive, each thread's in its order", "[event]") {
  constexpr int Threads = 4;
  constexpr int PerThread = 5000;
  Worker worker(1ms);
  Topic<std::pair<int, int>> topic(worker, Threads * PerThread);
  std::vector<int> next(Threads, 0);
  int out_of_order = 0;
  const Subscription subscription =
      topic.subscribe([&next, &out_of_order](const std::pair<int, int>& event) {
        const auto thread = static_cast<std::size_t>(event.first);
        out_of_order += event.second == next[thread] ? 0 : 1;
        ++next[thread];
      });
  std::vector<std::thread> threads;
  for (int thread = 0; thread < Threads; ++thread) {
    threads.emplace_back([&topic, thread] {
      for (int count = 0; count < PerThread; ++count) {
        topic.publish({thread, count});
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  worker.stop();
  CHECK(out_of_order == 0);
  CHECK(topic.dropped() == 0);
  CHECK(next == std::vector<int>(Threads, PerThread));
}

TEST_CASE("a full topic drops and counts, and does not wait", "[event]") {
  Worker worker(0ms);
  Topic<int> topic(worker, 8);
  std::promise<void> entered;
  std::promise<void> go_on;
  int heard = 0;
  const Subscription subscription = topic.subscribe([&entered, &go_on, &heard](const int&) {
    if (++heard == 1) {
      entered.set_value();
      go_on.get_future().wait();
    }
  });
  REQUIRE(topic.publish(0));
  entered.get_future().wait();
  for (int i = 0; i < 8; ++i) {
    CHECK(topic.publish(1));
  }
  CHECK_FALSE(topic.publish(1));
  CHECK_FALSE(topic.publish(1));
  CHECK(topic.dropped() == 2);
  go_on.set_value();
  worker.stop();
  CHECK(heard == 9);
}

TEST_CASE("a subscriber that throws costs nobody else the event", "[event]") {
  Worker worker;
  Topic<int> topic(worker, 8);
  int heard = 0;
  const Subscription bad = topic.subscribe([](const int&) { throw std::runtime_error("bad"); });
  const Subscription good = topic.subscribe([&heard](const int&) { ++heard; });
  topic.publish(1);
  topic.publish(2);
  worker.stop();
  CHECK(heard == 2);
  CHECK(topic.failed_callbacks() == 2);
}

TEST_CASE("a cancelled subscription is not called, what it holds is let go", "[event]") {
  Worker worker;
  Topic<int> topic(worker, 8);
  auto held = std::make_shared<int>(0);
  Subscription subscription = topic.subscribe([held](const int&) { ++*held; });
  CHECK(held.use_count() == 2);
  subscription.cancel();
  CHECK_FALSE(subscription);
  CHECK(held.use_count() == 1);
  topic.publish(1);
  worker.stop();
  CHECK(*held == 0);
}

TEST_CASE("cancelling waits for the call in progress", "[event]") {
  Worker worker(0ms);
  Topic<int> topic(worker, 8);
  std::promise<void> entered;
  std::atomic<bool> leaving{false};
  auto released = std::make_shared<std::promise<void>>();
  Subscription subscription = topic.subscribe([&entered, &leaving, released](const int&) {
    entered.set_value();
    released->get_future().wait();
    leaving = true;
  });
  topic.publish(1);
  entered.get_future().wait();
  bool had_left = false;
  std::thread canceller([&subscription, &leaving, &had_left] {
    subscription.cancel();
    had_left = leaving.load();
  });
  released->set_value();
  canceller.join();
  CHECK(had_left);
  worker.stop();
}

TEST_CASE("a callback may end its own subscription and that of others", "[event]") {
  Worker worker;
  Topic<int> topic(worker, 8);
  int first_heard = 0;
  int second_heard = 0;
  Subscription first;
  Subscription second;
  first = topic.subscribe([&first, &second, &first_heard](const int&) {
    ++first_heard;
    first.cancel();
    second.cancel();
  });
  second = topic.subscribe([&second_heard](const int&) { ++second_heard; });
  topic.publish(1);
  topic.publish(2);
  worker.stop();
  CHECK(first_heard == 1);
  CHECK(second_heard == 0);
}

TEST_CASE("a subscription may outlive its topic", "[event]") {
  Worker worker;
  Subscription subscription;
  {
    Topic<int> topic(worker, 8);
    subscription = topic.subscribe([](const int&) {});
  }
  CHECK(subscription);
  subscription.cancel();
}

TEST_CASE("subscribing and cancelling while events fly is safe", "[event]") {
  Worker worker(0ms);
  Topic<int> topic(worker, 100'000);
  std::atomic<bool> done{false};
  std::thread publisher([&topic, &done] {
    while (!done) {
      topic.publish(1);
      std::this_thread::yield();
    }
  });
  for (int i = 0; i < 500; ++i) {
    int heard = 0;
    const Subscription subscription = topic.subscribe([&heard](const int&) { ++heard; });
  }
  done = true;
  publisher.join();
  worker.stop();
}
