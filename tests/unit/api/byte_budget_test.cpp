#include "api/byte_budget.h"

#include "catch.h"

namespace llmsnap::api {

TEST_CASE("a byte budget gives what it has and gets it back", "[api]") {
  ByteBudget budget(100);
  {
    ByteBudget::Share first(budget);
    CHECK(first.grow_to(60));
    ByteBudget::Share second(budget);
    CHECK_FALSE(second.grow_to(41));
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

}  // namespace llmsnap::api
