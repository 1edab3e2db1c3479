#include "capture/capture_memory.h"

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "catch.h"

namespace llmsnap::capture {
namespace {

void fill(TrafficCapture& capture, std::size_t size) {
  capture.request_id = "id";
  capture.method = "POST";
  capture.path = "/v1/chat/completions";
  capture.request_fields = {{"Accept", "*/*"}};
  capture.request = {.bytes = std::string(size, 'q'), .size = size};
  capture.status = 200;
  capture.answer_fields = {{"Content-Type", "text/plain"}};
  capture.answer = {.bytes = std::string(size, 'a'), .size = size};
  capture.pieces = {{std::chrono::microseconds(1), size}};
  capture.is_redacted = true;
  capture.is_broken = true;
}

TEST_CASE("a capture in used memory is as a new one", "[capture]") {
  const auto memory = std::make_shared<CaptureMemory>(1000);
  const TrafficCapture* first = nullptr;
  {
    const auto capture = memory->make();
    fill(*capture, 1000);
    first = capture.get();
  }
  const auto capture = memory->make();
  CHECK(capture.get() == first);
  CHECK(*capture == TrafficCapture());
  CHECK(capture->answer.bytes.capacity() >= 1000);
}

TEST_CASE("the memory of a large capture is not kept", "[capture]") {
  const auto memory = std::make_shared<CaptureMemory>(1000);
  fill(*memory->make(), 100'000);
  CHECK(memory->make()->answer.bytes.capacity() < 100);
}

TEST_CASE("what a capture has reserved is free again when nobody has it any more", "[capture]") {
  const auto memory = std::make_shared<CaptureMemory>(100);
  auto capture = memory->make();
  auto reader = capture;
  CHECK(memory->reserve(*capture, 60));
  CHECK(memory->reserve(*capture, 40));
  CHECK_FALSE(memory->reserve(*capture, 1));
  capture.reset();
  CHECK_FALSE(memory->reserve(*memory->make(), 1));
  reader.reset();
  CHECK(memory->reserve(*memory->make(), 100));
}

TEST_CASE("one thread fills captures and another lets them go, also behind the memory's owner",
          "[capture]") {
  auto memory = std::make_shared<CaptureMemory>(1'000'000);
  Mutex mutex;
  std::vector<std::shared_ptr<const TrafficCapture>> handed;  // under the mutex
  std::atomic<int> left{2};
  std::vector<std::thread> fillers;
  for (int i = 0; i < 2; ++i) {
    fillers.emplace_back([memory, &mutex, &handed, &left] {
      for (int j = 0; j < 2000; ++j) {
        const auto capture = memory->make();
        fill(*capture, 10);
        memory->reserve(*capture, 10);
        const MutexLock lock(mutex);
        handed.push_back(capture);
      }
      --left;
    });
  }
  const auto last = memory->make();
  memory.reset();
  for (bool more = true; more;) {
    more = left > 0;
    std::vector<std::shared_ptr<const TrafficCapture>> some;
    {
      const MutexLock lock(mutex);
      some.swap(handed);
    }
    for (const auto& capture : some) {
      REQUIRE(capture->answer.bytes == "aaaaaaaaaa");
    }
  }
  for (std::thread& filler : fillers) {
    filler.join();
  }
  fill(*last, 10);
  CHECK(last->status == 200);
}

}  // namespace
}  // namespace llmsnap::capture
