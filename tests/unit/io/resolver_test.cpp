#include "io/resolver.h"

#include <netdb.h>

#include <future>

#include "base/mutex.h"
#include "catch.h"
#include "io/fiber.h"
#include "io/wait.h"
#include "loop_runner.h"

using namespace llmsnap;
using namespace llmsnap::io;

namespace {

// Answers every name with 127.0.0.1, the name "slow" only when told; notes what it was asked.
class FakeNames {
 public:
  Resolver::LookUpFunction function() {
    return [this](const std::string& host, std::uint16_t port) {
      {
        const MutexLock lock(mutex_);
        asked_ += host + " ";
      }
      if (host == "slow") {
        begun_.set_value();
        release_.get_future().wait();
      }
      if (host == "unknown") {
        return Lookup{EAI_NONAME, {}};
      }
      return Lookup{0, numeric_address("127.0.0.1", port)};
    };
  }
  void wait_until_begun() { begun_.get_future().wait(); }
  void release() { release_.set_value(); }
  std::string asked() {
    const MutexLock lock(mutex_);
    return asked_;
  }

 private:
  std::promise<void> begun_;
  std::promise<void> release_;
  Mutex mutex_;
  std::string asked_ GUARDED_BY(mutex_);
};

}  // namespace

TEST_CASE("equal names are looked up once, and everybody hears of it", "[io]") {
  FakeNames names;
  Resolver resolver(names.function());
  int answered = 0;
  const auto ask = [&](const char* host) {
    start_fiber([&resolver, &answered, host] {
      const auto found = resolver.resolve(host, 80, NoDeadline);
      answered += found && found->size() == 1 ? 1 : 0;
    });
  };
  run_on_fiber([&] {
    for (int i = 0; i < 3; ++i) {
      ask("slow");
      ask("other");
    }
    start_fiber([&names] {
      names.wait_until_begun();
      names.release();
    });
  });
  CHECK(answered == 6);
  CHECK(names.asked() == "slow other ");
}

TEST_CASE("a name that nobody waits for any more is not looked up", "[io]") {
  FakeNames names;
  Resolver resolver(names.function());
  run_on_fiber([&] {
    start_fiber([&resolver] { CHECK(resolver.resolve("slow", 80, NoDeadline)); });
    Fiber::yield();
    names.wait_until_begun();
    Interruption interruption;
    Fiber::current()->watch(&interruption);
    start_fiber([&interruption] { interruption.raise(WaitResult::ClientLeft); });
    const auto left = resolver.resolve("left", 80, NoDeadline);
    REQUIRE_FALSE(left);
    CHECK(left.error().code == ErrorCode::ClientLeft);
    Fiber::current()->watch(nullptr);
    const auto late = resolver.resolve("late", 80, deadline_in(std::chrono::milliseconds(5)));
    REQUIRE_FALSE(late);
    CHECK(late.error().code == ErrorCode::UpstreamTimeout);
    names.release();
    const auto unknown = resolver.resolve("unknown", 80, NoDeadline);
    REQUIRE_FALSE(unknown);
    CHECK(unknown.error().code == ErrorCode::UpstreamFailed);
  });
  CHECK(names.asked() == "slow unknown ");
}

TEST_CASE("names beyond the room of the queue are refused at once", "[io]") {
  FakeNames names;
  Resolver resolver(names.function());
  int refused = 0;
  int answered = 0;
  run_on_fiber([&] {
    start_fiber([&resolver] { CHECK(resolver.resolve("slow", 80, NoDeadline)); });
    Fiber::yield();
    names.wait_until_begun();
    for (int i = 0; i < 300; ++i) {
      start_fiber([&resolver, &refused, &answered, i] {
        const auto found = resolver.resolve("name-" + std::to_string(i), 80, NoDeadline);
        ++(found ? answered : refused);
        CHECK((found || found.error().code == ErrorCode::Unavailable));
      });
    }
    Fiber::yield();
    names.release();
  });
  CHECK(answered == 255);
  CHECK(refused == 45);
}
