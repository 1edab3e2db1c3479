#include "route/body_edits.h"

#include <string>
#include <vector>

#include "catch.h"
#include "route/spliced_body.h"

namespace llmsnap::route {
namespace {

std::string edited(std::string_view text, const std::vector<BodyEdit>& edits) {
  const PaddedBytes bytes(text);
  REQUIRE(scan_json_body(bytes, [] {}));
  auto replacements = edit_body(bytes, 0, edits, [] {});
  REQUIRE(replacements);
  SplicedBody body(bytes.view(), std::move(*replacements));
  std::string result;
  for (auto piece = body.pull(); piece && !piece->empty(); piece = body.pull()) {
    result += *piece;
  }
  CHECK(scan_json_body(PaddedBytes(result), [] {}));
  return result;
}

BodyEdit set(std::string path, std::string json) {
  return {std::move(path), std::move(json)};
}

BodyEdit strip(std::string path) {
  return {std::move(path), std::nullopt};
}

struct Row {
  std::string text;
  std::vector<BodyEdit> edits;
  std::string expected;
};

}  // namespace

TEST_CASE("a deleted member takes one comma along and leaves all other bytes", "[route]") {
  const Row row = GENERATE(values<Row>({
      {R"({ "a" : 1 , "b" : 2 , "c" : 3 })", {strip("a")}, R"({ "b" : 2 , "c" : 3 })"},
      {R"({ "a" : 1 , "b" : 2 , "c" : 3 })", {strip("b")}, R"({ "a" : 1 , "c" : 3 })"},
      {R"({ "a" : 1 , "b" : 2 , "c" : 3 })", {strip("c")}, R"({ "a" : 1 , "b" : 2  })"},
      {R"({"a":1,"b":2,"c":3})", {strip("c"), strip("b")}, R"({"a":1})"},
      {R"({"a":1,"b":2,"c":3})", {strip("a"), strip("b")}, R"({"c":3})"},
      {R"({"a":1,"b":2,"c":3})", {strip("a"), strip("c")}, R"({"b":2})"},
      {R"({ "a":1, "b":[1,{"x":"}"}] })", {strip("a"), strip("b")}, "{  }"},
      {R"({"a":1})", {strip("a")}, "{}"},
      {R"({"a":1})", {strip("b")}, R"({"a":1})"},
      {"{\n \"a\": 1,\n \"b\": \"\\\"\"\n}\n", {strip("b")}, "{\n \"a\": 1\n}\n"},
      {R"({"mod\u0065":1,"b":2})", {strip("mode")}, R"({"b":2})"},
      {"{}", {strip("a")}, "{}"},
  }));
  CAPTURE(row.text);
  CHECK(edited(row.text, row.edits) == row.expected);
}

TEST_CASE("a set member is overwritten where it is, or appended", "[route]") {
  const Row row = GENERATE(values<Row>({
      {R"({"a" : [1, 2] ,"b":2})", {set("a", "7")}, R"({"a" : 7 ,"b":2})"},
      {R"({"a":1 })", {set("b", "\"x\"")}, R"({"a":1,"b":"x" })"},
      {"{ }", {set("b", "1e2"), set("c", "null")}, R"({"b":1e2,"c":null })"},
      {R"({"a":1})", {set("a", "{ }")}, R"({"a":{ }})"},
      {R"({"\u0061":1})", {set("a", "2")}, R"({"\u0061":2})"},
      {R"({"x":1})", {set("a\"\n", "2")}, R"({"x":1,"a\"\u000a":2})"},
      {R"({"a":"a","b":"b","c":"c"})",
       {set("b", "2"), strip("a"), set("d", "4"), strip("c")},
       R"({"b":2,"d":4})"},
  }));
  CAPTURE(row.text);
  CHECK(edited(row.text, row.edits) == row.expected);
}

TEST_CASE("a path descends into objects, which are made where they are missing", "[route]") {
  const Row row = GENERATE(values<Row>({
      {R"({"a":{"b":1, "c":2},"x":0})", {strip("a.b")}, R"({"a":{"c":2},"x":0})"},
      {R"({"a":{"b":1, "c":2},"x":0})", {set("a.c", "9")}, R"({"a":{"b":1, "c":9},"x":0})"},
      {R"({"a":{ }})", {set("a.b.c", "1")}, R"({"a":{"b":{"c":1} }})"},
      {"{}", {set("a.b.c", "1"), set("a.b.d", "2")}, R"({"a":{"b":{"c":1,"d":2}}})"},
      {R"({"a":"text"})", {set("a.b", "1")}, R"({"a":{"b":1}})"},
      {R"({"a":null})", {set("a.b.c", "1")}, R"({"a":{"b":{"c":1}}})"},
      {R"({"a":"text"})", {strip("a.b")}, R"({"a":"text"})"},
      {R"({"x":1})", {strip("a.b")}, R"({"x":1})"},
      {R"({"a.b":1,"a":{"b":2}})", {strip("a\\.b")}, R"({"a":{"b":2}})"},
      {R"({"a\\b":1,"ab":2})", {strip("a\\\\b")}, R"({"ab":2})"},
      {R"({"1":2})", {set("1", "3"), set("2", "4")}, R"({"1":3,"2":4})"},
  }));
  CAPTURE(row.text);
  CHECK(edited(row.text, row.edits) == row.expected);
}

TEST_CASE("a number in a path is an index where there is an array", "[route]") {
  const Row row = GENERATE(values<Row>({
      {R"({"a":[1, 2 ,3]})", {set("a.1", "9")}, R"({"a":[1, 9 ,3]})"},
      {R"({"a":[1, 2 ,3]})", {strip("a.0")}, R"({"a":[2 ,3]})"},
      {R"({"a":[1, 2 ,3]})", {strip("a.2")}, R"({"a":[1, 2 ]})"},
      {R"({"a":[1, 2 ,3 ]})", {strip("a.-1")}, R"({"a":[1, 2  ]})"},
      {R"({"a":[]})", {strip("a.-1"), strip("a.0")}, R"({"a":[]})"},
      {R"({"a":[1 ]})", {set("a.-1", "2")}, R"({"a":[1,2 ]})"},
      {R"({"a":[]})", {set("a.-1", "2"), set("a.-1", "3")}, R"({"a":[2,3]})"},
      {R"({"a":[]})", {set("a.2", "2"), set("a.1.b", "1")}, R"({"a":[null,{"b":1},2]})"},
      {R"({"a":[{"b":1},{"b":2, "c":3}]})", {strip("a.1.b")}, R"({"a":[{"b":1},{"c":3}]})"},
      {R"({"a":[1,2,3,4]})", {strip("a.0"), strip("a.0"), set("a.0", "7")}, R"({"a":[7,4]})"},
      {R"({"a":[{"k":[0]}]})", {set("a.0.k.-1", "1")}, R"({"a":[{"k":[0,1]}]})"},
      {R"({"a":[1]})", {set("a.b", "1")}, R"({"a":{"b":1}})"},
      {R"({"a":[1]})", {strip("a.b")}, R"({"a":[1]})"},
      {R"({"a":[1]})", {set("a.-1.b", "2")}, R"({"a":[1,{"b":2}]})"},
      {R"({"a":[1]})", {set("a.99999", "2")}, R"({"a":{"99999":2}})"},
  }));
  CAPTURE(row.text);
  CHECK(edited(row.text, row.edits) == row.expected);
}

TEST_CASE("a later edit sees what the earlier ones made", "[route]") {
  const Row row = GENERATE(values<Row>({
      {R"({"a":1})", {set("a", "2"), set("a", "3")}, R"({"a":3})"},
      {R"({"a":1})", {set("b", "2"), strip("b")}, R"({"a":1})"},
      {R"({"a":{"b":1,"c":2}})", {strip("a"), set("a.b", "3")}, R"({"a":{"b":3}})"},
      {R"({"a":{"b":1}})", {set("a", R"({"c":1, "d":2})"), strip("a.c")}, R"({"a":{"d":2}})"},
      {R"({"a":{"b":1}})", {set("a", "[1]"), set("a.-1", "2")}, R"({"a":[1,2]})"},
      {R"({"a":{"b":1}})", {set("a.b", "7"), set("a.b.c", "8")}, R"({"a":{"b":{"c":8}}})"},
      {R"({"a":{"b":1}})", {set("a.b", "7"), strip("a")}, "{}"},
      {R"({"a":1})", {set("a.b", "7"), strip("a.b")}, R"({"a":{}})"},
      {R"({"a":[1,2]})", {set("a.1", "5"), strip("a.0"), set("a.0.x", "6")}, R"({"a":[{"x":6}]})"},
  }));
  CAPTURE(row.text);
  CHECK(edited(row.text, row.edits) == row.expected);
}

TEST_CASE("no occurrence of a repeated key slips past an edit", "[route]") {
  const Row row = GENERATE(values<Row>({
      {R"({"a":1,"b":2,"\u0061":3})", {strip("a")}, R"({"b":2})"},
      {R"({"a":1,"a":2,"a":3})", {strip("a")}, "{}"},
      {R"({"a":1,"b":2,"a":3})", {set("a", "9")}, R"({"b":2,"a":9})"},
      {R"({"a":1,"\u0061":2,"b":3})", {set("a", "9")}, R"({"\u0061":9,"b":3})"},
      {R"({"a":{"b":1},"a":{"b":2,"c":3}})", {strip("a.b")}, R"({"a":{},"a":{"c":3}})"},
      {R"({"a":{"b":1},"a":0})", {set("a.b", "9")}, R"({"a":{"b":9},"a":{"b":9}})"},
  }));
  CAPTURE(row.text);
  CHECK(edited(row.text, row.edits) == row.expected);
}

TEST_CASE("repeated keys that are edited are bounded, others are not", "[route]") {
  std::string text = "{\"a\":1";
  for (std::size_t i = 0; i < MaxRepeatedKeys; ++i) {
    text += ",\"a\":1";
  }
  CHECK(edited(text + "}", {strip("a")}) == "{}");
  const PaddedBytes over(text + ",\"a\":1}");
  const auto refused = edit_body(over, 0, {strip("a")}, [] {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::BadRequest);
  CHECK(edit_body(over, 0, {strip("b")}, [] {}));
}

TEST_CASE("a path that is too long does nothing", "[route]") {
  std::string path = "a";
  for (std::size_t i = 1; i < MaxPathComponents; ++i) {
    path += ".a";
  }
  CHECK(edited("{}", {set(path, "1")}).size() == MaxPathComponents * 6 + 1);
  CHECK(edited("{}", {set(path + ".a", "1")}) == "{}");
}

TEST_CASE("edits of members far apart become one replacement each", "[route]") {
  const PaddedBytes body(R"({"a":1,"x":[],"b":2,"y":{},"c":3})");
  const auto replacements =
      edit_body(body, 0, {set("b", "7"), strip("a"), set("y.z", "8"), set("d", "9")}, [] {});
  REQUIRE(replacements);
  CHECK(*replacements == std::vector<Replacement>{
                             {1, 7, ""}, {18, 19, "7"}, {25, 25, "\"z\":8"}, {32, 32, ",\"d\":9"}});
}

TEST_CASE("the walk over a large body yields once per slice, wherever slices end", "[route]") {
  const std::string filling = GENERATE("a", "\\\"", "\\\\", "\xe2\x82\xac");
  for (std::size_t shift = 0; shift < 4; ++shift) {
    std::string text = "{" + std::string(shift, ' ') + "\"x\":[\"";
    while (text.size() < 4 * ScanSliceBytes - 40) {
      text += filling;
    }
    text += "\"],\"a\":1}";
    int yields = 0;
    const auto replacements =
        edit_body(PaddedBytes(text), 0, {strip("a")}, [&yields] { ++yields; });
    REQUIRE(replacements);
    CHECK(yields == 3);
    CHECK(*replacements == std::vector<Replacement>{{text.size() - 7, text.size() - 1, ""}});
  }
}

}  // namespace llmsnap::route
