#include "capture/capture_store.h"

#include <thread>

#include "catch.h"

namespace llmsnap::capture {
namespace {

std::shared_ptr<const TrafficCapture> of_size(std::size_t bytes, char filling = 'x') {
  TrafficCapture capture;
  capture.path = "/v1/chat/completions";
  capture.answer = {.bytes = std::string(bytes, filling), .size = bytes};
  return std::make_shared<const TrafficCapture>(std::move(capture));
}

/// A store whose worker the test is: what run_batch does happens at once.
struct Kept {
  explicit Kept(std::size_t budget) : store(worker, budget) {}
  Worker worker;
  CaptureStore store;
};

TEST_CASE("a capture is found by its id, before and after it was packed", "[capture][Q5]") {
  Kept kept(1'000'000);
  CHECK_FALSE(kept.store.has(1));
  CHECK_FALSE(kept.store.get(1));
  kept.store.add(1, of_size(1000, 'a'));
  kept.store.add(2, of_size(1000, 'b'));
  REQUIRE(kept.store.get(1));
  CHECK(kept.store.get(1)->answer.bytes == std::string(1000, 'a'));
  const std::size_t raw = kept.store.bytes();
  const auto deadline = SteadyClock::now() + std::chrono::seconds(10);
  while (kept.store.bytes() == raw && SteadyClock::now() < deadline) {
    std::this_thread::yield();
  }
  CHECK(kept.store.bytes() < raw / 4);
  REQUIRE(kept.store.get(2));
  CHECK(kept.store.get(2)->answer.bytes == std::string(1000, 'b'));
  CHECK(kept.store.has(1));
  CHECK(kept.store.size() == 2);
  CHECK_FALSE(kept.store.get(3));
}

TEST_CASE("the oldest captures make room, one that is too large is not kept", "[capture][Q1][Q5]") {
  Kept kept(10'000);
  for (std::uint64_t id = 1; id <= 5; ++id) {
    kept.store.add(id, of_size(3'000));
  }
  CHECK(kept.store.bytes() <= 10'000);
  CHECK_FALSE(kept.store.has(1));
  CHECK(kept.store.has(5));
  kept.store.add(6, of_size(20'000));
  CHECK_FALSE(kept.store.has(6));
  CHECK(kept.store.has(5));
}

TEST_CASE("of a flood the newest captures are there, and all are packed when it is over",
          "[capture][Q5]") {
  Kept kept(4'000'000);
  constexpr std::uint64_t Count = 2'000;
  for (std::uint64_t id = 1; id <= Count; ++id) {
    kept.store.add(id, of_size(1'000, static_cast<char>('a' + id % 26)));
  }
  const std::size_t raw = kept.store.bytes();
  const auto deadline = SteadyClock::now() + std::chrono::seconds(20);
  while (kept.store.bytes() > raw / 4 && SteadyClock::now() < deadline) {
    std::this_thread::yield();
  }
  CHECK(kept.store.bytes() <= raw / 4);
  CHECK(kept.store.size() == Count);
  for (const std::uint64_t id : {std::uint64_t{1}, std::uint64_t{512}, std::uint64_t{513}, Count}) {
    REQUIRE(kept.store.get(id));
    CHECK(kept.store.get(id)->answer.bytes == std::string(1'000, static_cast<char>('a' + id % 26)));
  }
}

TEST_CASE("without a budget nothing is kept", "[capture][Q1]") {
  Kept kept(0);
  kept.store.add(1, of_size(1));
  CHECK(kept.store.size() == 0);
  CHECK_FALSE(kept.store.is_on());
}

TEST_CASE("captures are read while others come and go", "[capture][Q5]") {
  Kept kept(50'000);
  const std::jthread reader([&kept](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      for (std::uint64_t id = 1; id < 200; ++id) {
        static_cast<void>(kept.store.get(id));
      }
    }
  });
  for (std::uint64_t id = 1; id < 200; ++id) {
    kept.store.add(id, of_size(2'000));
  }
  CHECK(kept.store.bytes() <= 50'000);
}

}  // namespace
}  // namespace llmsnap::capture
