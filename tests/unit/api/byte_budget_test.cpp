#include "api/byte_budget.h"

#include "catch.h"

namespace llmsnap::api {

TEST_CASE("a byte budget gives what it has and gets it back", "[api]") {
  ByteBudget budget(100, "in memory", "limits.x");
  {
    ByteBudget::Share first(budget);
    CHECK(first.grow_to(60));
    ByteBudget::Share second(budget);
    const Result<void> refused = second.grow_to(41);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::Unavailable);
    CHECK(refused.error().message == "too many request bodies are in memory (limits.x)");
    CHECK(refused.error().retry_after == std::chrono::seconds(1));
    CHECK(second.bytes() == 0);
    CHECK(second.grow_to(40));
    CHECK(second.grow_to(10));
    CHECK(second.bytes() == 40);
    CHECK(budget.used() == 100);
    first.shrink_to(50);
    CHECK(budget.used() == 90);
    auto moved = std::move(second);
    CHECK(budget.used() == 90);
    moved = std::move(first);
    CHECK(moved.bytes() == 50);
    CHECK(budget.used() == 50);
  }
  CHECK(budget.used() == 0);
}

TEST_CASE("bytes that are missing come back within the time that shares are held", "[api]") {
  using std::chrono::seconds;
  struct Row {
    std::uint64_t missing;
    seconds held;
    seconds wait;
  };
  const auto row = GENERATE(Row{10, seconds(0), seconds(1)}, Row{10, seconds(40), seconds(4)},
                            Row{11, seconds(40), seconds(5)}, Row{100, seconds(40), seconds(40)},
                            Row{1'000, seconds(40), seconds(40)},
                            Row{100, seconds(900), seconds(60)}, Row{0, seconds(40), seconds(1)});
  CHECK(wait_for_bytes(row.missing, 100, row.held) == row.wait);
}

TEST_CASE("what the whole budget would not do for is too large, now and later", "[api]") {
  ByteBudget budget(100, "in memory", "limits.x");
  ByteBudget::Share share(budget);
  const Result<void> refused = share.grow_to(101);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::BodyTooLarge);
  CHECK(refused.error().message == "the request body needs more than limits.x allows (100 bytes)");
  CHECK(budget.used() == 0);
}

TEST_CASE("bytes that moved elsewhere are given back", "[api]") {
  ByteBudget budget(100, "in memory", "limits.x");
  ByteBudget::Share share(budget);
  CHECK(share.grow_to(70));
  share.move_out();
  CHECK(share.bytes() == 0);
  CHECK(budget.used() == 0);
}

}  // namespace llmsnap::api
