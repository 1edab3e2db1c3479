#include "route/query_model.h"

#include "catch.h"

namespace llmsnap::route {
namespace {

TEST_CASE("a query's model is found by its name, unescaped, where it stands", "[route][B1]") {
  struct Row {
    std::string target;
    std::optional<std::string> name;
    std::string written;
  };
  const auto row = GENERATE(values<Row>({
      {"/slots", std::nullopt, ""},
      {"/slots?", std::nullopt, ""},
      {"/slots?models=m&xmodel=m", std::nullopt, ""},
      {"/model=m", std::nullopt, ""},
      {"/slots?model=m", "m", "m"},
      {"/slots?a&model=m&b", "m", "m"},
      {"/slots?&&model=org/name", "org/name", "org/name"},
      {"/slots?model=org%2Fname&x=?model=y", "org/name", "org%2Fname"},
      {"/slots?m%6fdel=a+b%2B", "a b+", "a+b%2B"},
      {"/slots?model=a=b", "a=b", "a=b"},
      {"/slots?model=", "", ""},
      {"/slots?model", "", ""},
  }));
  INFO(row.target);
  const auto found = find_query_model(row.target);
  REQUIRE(found);
  CHECK((*found ? std::optional((*found)->name) : std::nullopt) == row.name);
  if (*found) {
    const ByteRange place = (*found)->place;
    CHECK(row.target.substr(place.begin, place.end - place.begin) == row.written);
  }
}

TEST_CASE("a query that could name two models, or none that can be, is refused", "[route]") {
  const std::string target = GENERATE("/s?model=a&model=a", "/s?model=a&m%6Fdel=b", "/s?model=%0d",
                                      "/s?model=%7f", "/s?model=%zz", "/s?model=%0");
  INFO(target);
  const auto found = find_query_model(target);
  REQUIRE_FALSE(found);
  CHECK(found.error().code == ErrorCode::BadRequest);
}

TEST_CASE("a renamed query keeps all other bytes", "[route][B9]") {
  const std::string target = "/s?x=%2f+1&model=old&y=a%20b&&=";
  const auto found = find_query_model(target);
  REQUIRE((found && *found));
  const std::string name = GENERATE("new", "", "a/b:c", "sp ace&x=1#%+\xc3\xa4");
  const std::string renamed = with_query_model(target, (*found)->place, name);
  CHECK(renamed.rfind("/s?x=%2f+1&model=", 0) == 0);
  CHECK(renamed.find("&y=a%20b&&=") == renamed.size() - 11);
  const auto again = find_query_model(renamed);
  REQUIRE((again && *again));
  CHECK((*again)->name == name);
}

TEST_CASE("a parameter is told by its name and value as written", "[route][B5]") {
  CHECK(query_has("/s?stream=true", "stream", "true"));
  CHECK(query_has("/s?a=b&stream=true&c", "stream", "true"));
  CHECK_FALSE(query_has("/s?stream=false", "stream", "true"));
  CHECK_FALSE(query_has("/s", "stream", "true"));
  CHECK_FALSE(query_has("/s?xstream=true", "stream", "true"));
  CHECK(query_has("/s?no-history", "no-history"));
  CHECK(query_has("/s?a&no-history=1", "no-history"));
  CHECK_FALSE(query_has("/s?no-historyx", "no-history"));
}

}  // namespace
}  // namespace llmsnap::route
