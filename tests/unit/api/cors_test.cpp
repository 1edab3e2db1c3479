#include "api/cors.h"

#include "catch.h"

namespace llmsnap::api {
namespace {

TEST_CASE("requested header names are repeated only where they are tokens", "[api]") {
  struct Row {
    std::string list;
    std::string names;
  };
  const auto row =
      GENERATE(Row{"", ""}, Row{" \t ", ""}, Row{"X-One", "X-One"}, Row{"a,b", "a, b"},
               Row{"  a  ,\tb\t", "a, b"}, Row{"a\r\n", "a"}, Row{",a,,b,", "a, b"},
               Row{std::string("a\0b,c", 5), "c"}, Row{"x y,z", "z"}, Row{"MiXed", "MiXed"},
               Row{"!#$%&'*+-.^_`|~", "!#$%&'*+-.^_`|~"}, Row{"a:b", ""}, Row{"a(b", ""});
  CHECK(sanitised_header_names(row.list) == row.names);
}

TEST_CASE("a preflight where other origins are refused tells a browser nothing", "[api]") {
  const auto answer = preflight_answer({}, CrossOrigin::Refused);
  CHECK(answer.status == 204);
  CHECK(answer.fields.empty());
}

TEST_CASE("a preflight without requested headers names the usual ones", "[api]") {
  const auto answer = preflight_answer({}, CrossOrigin::Allowed);
  CHECK(answer.status == 204);
  const auto* names = wire::find_field(answer.fields, "Access-Control-Allow-Headers");
  REQUIRE(names != nullptr);
  CHECK(names->value == "Content-Type, Authorization, Accept, X-Requested-With");
  const auto* methods = wire::find_field(answer.fields, "Access-Control-Allow-Methods");
  REQUIRE(methods != nullptr);
  CHECK(methods->value == "GET, POST, PUT, PATCH, DELETE, OPTIONS");
}

}  // namespace
}  // namespace llmsnap::api
