#include "api/request_id.h"

#include <set>

#include "catch.h"

namespace llmsnap::api {

TEST_CASE("a client's request id is kept only if it is short and plain", "[api]") {
  struct Row {
    std::string id;
    bool usable;
  };
  const auto row = GENERATE(Row{"abc-123_X.y", true}, Row{std::string(128, 'a'), true},
                            Row{"", false}, Row{std::string(129, 'a'), false}, Row{"a b", false},
                            Row{"a\nb", false}, Row{"a/b", false}, Row{"\xc3\xa4", false});
  INFO(row.id);
  RequestIds ids;
  CHECK(is_usable_request_id(row.id) == row.usable);
  CHECK((ids.choose(row.id) == row.id) == row.usable);
}

TEST_CASE("request ids of our own are 32 hex digits and never repeat", "[api]") {
  RequestIds ids;
  std::set<std::string> seen;
  for (int i = 0; i < 10'000; ++i) {
    const auto id = ids.choose("");
    REQUIRE(id.size() == 32);
    REQUIRE(id.find_first_not_of("0123456789abcdef") == std::string::npos);
    seen.insert(id);
  }
  CHECK(seen.size() == 10'000);
}

TEST_CASE("two gateways do not begin with the same request id", "[api]") {
  CHECK(RequestIds().choose("") != RequestIds().choose(""));
}

}  // namespace llmsnap::api
