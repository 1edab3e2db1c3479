#include "route/body_filters.h"

#include <string>
#include <utility>

#include "catch.h"
#include "route/spliced_body.h"

namespace llmsnap::route {
namespace {

std::string filtered(std::string_view text, const BodyChanges& changes) {
  const PaddedBytes bytes(text);
  const auto facts = scan_json_body(bytes, [] {});
  REQUIRE(facts);
  auto replacements = filter_body(bytes, *facts, changes, [] {});
  REQUIRE(replacements);
  SplicedBody body(bytes.view(), std::move(*replacements));
  const auto length = body.length();
  std::string result;
  for (auto piece = body.pull(); piece && !piece->empty(); piece = body.pull()) {
    result += *piece;
  }
  CHECK(length == result.size());
  return result;
}

}  // namespace

TEST_CASE("without filters a body stays as it is, but for a byte order mark", "[route]") {
  CHECK(filtered(R"({ "model":"m" , "a":1 } )", {}) == R"({ "model":"m" , "a":1 } )");
  CHECK(filtered("\xef\xbb\xbf {\"model\":\"m\"}", {}) == " {\"model\":\"m\"}");
  CHECK(filtered("\xef\xbb\xbf{\"model\":\"m\"}", {.new_model = "n"}) == "{\"model\":\"n\"}");
}

TEST_CASE("what is set where a request has none leaves alone what it has", "[route]") {
  FilterConfig filters;
  filters.strip_params = {"gone"};
  filters.set_params = {{"a", "1", true}, {"b.c", "2", true}, {"gone", "3", true},
                        {"d", "4"},       {"d", "5", true},   {"n", "6", true}};
  const BodyChanges changes{.filters = &filters};
  CHECK(filtered(R"({"model":"m"})", changes) ==
        R"({"model":"m","gone":3,"a":1,"b":{"c":2},"d":4,"n":6})");
  CHECK(filtered(R"({"a":0,"b":{"c":[1]},"gone":9,"d":0,"n":null})", changes) ==
        R"({"a":0,"b":{"c":[1]},"gone":3,"d":4,"n":null})");
  CHECK(filtered(R"({"a":0,"b":7,"d":0,"n":1,"gone":{"x":1}})", changes) ==
        R"({"a":0,"b":{"c":2},"d":4,"n":1,"gone":3})");
}

TEST_CASE("filters are made in their order, by name of the model as the client has it", "[route]") {
  FilterConfig filters;
  filters.strip_params = {"a", "b.c"};
  filters.set_params = {{"a", "1"}, {"d", "2"}};
  filters.set_params_by_id["client's"] = {{"d", "3"}};
  filters.set_params_by_id["served"] = {{"d", "4"}};
  const std::string text = R"({"a":0,"b":{"c":0},"model":"client's", "d" : 0})";
  CHECK(
      filtered(text, {.new_model = "served", .filters = &filters, .requested_model = "client's"}) ==
      R"({"a":1,"b":{},"model":"served", "d" : 3})");
  CHECK(filtered(text, {.filters = &filters, .requested_model = "other"}) ==
        R"({"a":1,"b":{},"model":"client's", "d" : 2})");
}

TEST_CASE("filters neither strip nor set the model", "[route]") {
  FilterConfig filters;
  filters.strip_params = {"model", "mod\\el", "model.x"};
  filters.set_params = {{"model", "\"x\""}, {"model.x", "1"}};
  filters.set_params_by_id["m"] = {{"model", "\"x\""}};
  const BodyChanges changes{.taken = {"model"}, .filters = &filters, .requested_model = "m"};
  CHECK(filtered(R"({"model":"m"})", changes) == R"({"model":"m"})");
}

TEST_CASE("the model is renamed beside members that are stripped and set", "[route]") {
  FilterConfig filters;
  filters.strip_params = {"a"};
  filters.set_params = {{"b", "1"}};
  const BodyChanges changes{.new_model = "n\"", .filters = &filters};
  CHECK(filtered(R"({"a":0,"model":"m","a":0})", changes) == R"({"model":"n\"","b":1})");
  CHECK(filtered(R"({"b":0,"model":"m"})", changes) == R"({"b":1,"model":"n\""})");
  CHECK(filtered(R"({"model":"m","b":0})", changes) == R"({"model":"n\"","b":1})");
  CHECK(filtered(R"({"model":7})", changes) == R"({"model":7,"b":1})");
  CHECK(filtered("\xef\xbb\xbf{\"a\":0}", changes) == R"({"b":1})");
}

TEST_CASE("keys that were taken are removed, unless filters set them again", "[route]") {
  FilterConfig filters;
  filters.set_params = {{"ttl", "7"}};
  const std::string text = R"({"keep_alive":"5m","model":"m","ttl":3,"x.y":1})";
  CHECK(filtered(text, {.taken = {"keep_alive", "ttl", "x.y"}}) == R"({"model":"m"})");
  CHECK(filtered(text, {.taken = {"keep_alive", "ttl"}, .filters = &filters}) ==
        R"({"model":"m","ttl":7,"x.y":1})");
}

TEST_CASE("a stream is made to tell of usage by as few bytes as possible", "[route]") {
  const BodyChanges changes{.add_usage_option = true};
  CHECK(filtered(R"({ "model":"m","stream":true})", changes) ==
        R"({"stream_options":{"include_usage":true}, "model":"m","stream":true})");
  CHECK(filtered(R"({"stream_options": {"x":1 },"model":"m"})", changes) ==
        R"({"stream_options": {"x":1,"include_usage":true },"model":"m"})");
  CHECK(filtered(R"({"stream_options":{"include_usage": false},"model":"m"})", changes) ==
        R"({"stream_options":{"include_usage": true},"model":"m"})");
  CHECK(filtered(R"({"stream_options":null,"model":"m"})", changes) ==
        R"({"stream_options":{"include_usage":true},"model":"m"})");
  CHECK(filtered("\xef\xbb\xbf {\"model\":\"m\"}", changes) ==
        R"( {"stream_options":{"include_usage":true},"model":"m"})");

  FilterConfig filters;
  filters.strip_params = {"a", "z"};
  filters.set_params = {{"b", "1"}};
  CHECK(filtered(R"({"a":1,"model":"m","z":2})",
                 {.new_model = "n", .filters = &filters, .add_usage_option = true}) ==
        R"({"stream_options":{"include_usage":true},"model":"n","b":1})");
}

}  // namespace llmsnap::route
