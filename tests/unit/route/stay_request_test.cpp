#include "route/stay_request.h"

#include <string>

#include "catch.h"

namespace llmsnap::route {
namespace {

using std::chrono::milliseconds;
using Stay = std::optional<schedule::KeepAlive>;

Result<Stay> stay_of(const std::string& keep_alive, const std::string& ttl = "") {
  const std::string body = keep_alive + ttl;
  BodyFacts facts;
  if (!keep_alive.empty()) {
    facts.keep_alive = {0, keep_alive.size()};
  }
  if (!ttl.empty()) {
    facts.ttl = {keep_alive.size(), body.size()};
  }
  return requested_stay(body, facts);
}

TEST_CASE("a request may say how long its model shall stay", "[route]") {
  struct Row {
    std::string json;
    Stay stay;
  };
  const Row row = GENERATE(values<Row>({
      {"0", schedule::KeepAlive{milliseconds(0)}},
      {"300", schedule::KeepAlive{milliseconds(300'000)}},
      {"1.5", schedule::KeepAlive{milliseconds(1500)}},
      {"\"10m\"", schedule::KeepAlive{milliseconds(600'000)}},
      {"\"250ms\"", schedule::KeepAlive{milliseconds(250)}},
      {"\"60\"", schedule::KeepAlive{milliseconds(60'000)}},
      {"-1", schedule::KeepAlive{}},
      {"\"-1\"", schedule::KeepAlive{}},
      {"\"-1m\"", schedule::KeepAlive{}},
      {"null", std::nullopt},
  }));
  INFO(row.json);
  CHECK(*stay_of(row.json) == row.stay);
  CHECK(*stay_of("", row.json) == row.stay);
  CHECK(*stay_of(row.json, "77") == row.stay);
}

TEST_CASE("a stay that is no time is refused by name", "[route]") {
  const std::string json = GENERATE("\"soon\"", "true", "{}", "[]", "\"\"", "\"", "1e9999");
  const auto refused = stay_of("", json);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::BadRequest);
  CHECK(refused.error().message.find("'ttl' must be a time") == 0);
}

}  // namespace
}  // namespace llmsnap::route
