#include "route/json_scan.h"

#include <string>

#include "catch.h"

namespace llmsnap::route {
namespace {

Result<BodyFacts> scan(std::string_view text) {
  return scan_json_body(PaddedBytes(text), [] {});
}

std::string nested(int levels, const std::string& open, const std::string& close) {
  std::string text = "{\"x\":";
  for (int i = 0; i < levels; ++i) {
    text += open;
  }
  text += "1";
  for (int i = 0; i < levels; ++i) {
    text += close;
  }
  return text + "}";
}

}  // namespace

TEST_CASE("a body that is no strict JSON object is refused", "[route]") {
  const std::string text = GENERATE(
      "", " ", "{", "}", "[]", "[1]", "\"x\"", "1", "null", "{]", "{\"a\"}", "{\"a\":}",
      "{\"a\" 1}", "{a:1}", "{'a':1}", "{1:1}", "{\"a\":1,}", "{,}", "{\"a\":1 \"b\":2}",
      "{\"a\":[1,]}", "{\"a\":[1 2]}", "{\"a\":[1}", "{\"a\":1]", "{\"a\":[,1]}", "{}x", "{}{}",
      "{} 1", "{\"a\":1}}", "{\"a\":tru}", "{\"a\":True}", "{\"a\":nul", "{\"a\":falsey}",
      "{\"a\":01}", "{\"a\":+1}", "{\"a\":.5}", "{\"a\":1.}", "{\"a\":1e}", "{\"a\":1e+}",
      "{\"a\":-}", "{\"a\":1.e5}", "{\"a\":0x1}", "{\"a\":NaN}", "{\"a\":Infinity}", "{\"a\":\"x}",
      "{\"a\":\"\\x\"}", "{\"a\":\"\\u12\"}", "{\"a\":\"\\u12g4\"}", "{\"a\":\"\\ud800\"}",
      "{\"a\":\"\\udc00\"}", "{\"a\":\"\\ud800\\u0041\"}", "{\"a\":\"\\ud800x\"}", "{\"a\":\"\t\"}",
      "{\"a\":\"\n\"}", "{\"a\":\"\x1f\"}", "{\"a\":\"\xff\"}", "{\"a\":\"\xc0\xaf\"}",
      "{\"a\":\"\xed\xa0\x80\"}", "{\"a\":\"\xe2\x82\"}", "{\"a\":1}\xc2\xa0", "{/**/}",
      "{\"a\":\"\\", "{\"a\":\"\\\"", "\xef\xbb\xbf", "\xef\xbb{}", "\xef\xbb\xbf\xef\xbb\xbf{}",
      "\v{}");
  CAPTURE(text);
  const auto facts = scan(text);
  REQUIRE_FALSE(facts);
  CHECK(facts.error().code == ErrorCode::BadRequest);
  CHECK(facts.error().message.find("invalid request body: ") == 0);
}

TEST_CASE("a body with a NUL byte is refused", "[route]") {
  CHECK_FALSE(scan(std::string_view("{\"a\":\"\0\"}", 9)));
  CHECK_FALSE(scan(std::string_view("{}\0", 3)));
  CHECK_FALSE(scan(std::string_view("{\"a\":1\0}", 8)));
}

TEST_CASE("every form of valid JSON is accepted", "[route]") {
  const std::string text =
      GENERATE("{}", " { } ", "\r\n\t{\"a\" : 1}\n", "{\"a\":[]}", "{\"a\":[[],{}]}", "{\"a\":0}",
               "{\"a\":-0}", "{\"a\":-0.0e-0}", "{\"a\":1E+2}", "{\"a\":0.10}", "{\"a\":1e400}",
               "{\"a\":[true,false,null]}", "{\"\":\"\"}", "{\"a\":1,\"a\":2}",
               "{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00\"}",
               "{\"a\":\"\xc3\xa9\xf0\x9f\x98\x80\x7f\"}", "{\"a\":{\"model\":1,\"model\":2}}",
               "{\"a\":\"\xef\xbf\xbf\"}", "{\"a\":12345678901234567890123}");
  CAPTURE(text);
  const auto facts = scan(text);
  REQUIRE(facts);
  CHECK_FALSE(facts->model);
  CHECK(facts->model_begin == facts->model_end);
  CHECK_FALSE(facts->stream);
}

TEST_CASE("model is found, unescaped, with the place of its value", "[route]") {
  struct Row {
    std::string text;
    std::string model;
    std::string value;
  };
  const Row row = GENERATE(values<Row>({
      {R"({"model":"m"})", "m", R"("m")"},
      {R"({"messages":[{"model":"inner"}], "model" : "org/name:7b" ,"x":1})", "org/name:7b",
       R"("org/name:7b")"},
      {R"({"mod\u0065l":"a\/b\"c\\d"})", R"(a/b"c\d)", R"("a\/b\"c\\d")"},
      {R"({"\u006d\u006f\u0064\u0065\u006c":"\u00e9\u20ac\ud83d\ude00"})",
       "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", R"("\u00e9\u20ac\ud83d\ude00")"},
      {R"({"model":""})", "", R"("")"},
  }));
  CAPTURE(row.text);
  const auto facts = scan(row.text);
  REQUIRE(facts);
  REQUIRE(facts->model);
  CHECK(*facts->model == row.model);
  CHECK(row.text.substr(facts->model_begin, facts->model_end - facts->model_begin) == row.value);
}

TEST_CASE("a model that is no string is as good as none", "[route]") {
  const std::string value = GENERATE("1", "null", "true", "[\"m\"]", "{\"model\":\"m\"}");
  const auto facts = scan("{\"model\":" + value + ",\"x\":\"y\"}");
  REQUIRE(facts);
  CHECK_FALSE(facts->model);
}

TEST_CASE("a model's name is bounded and has no control characters", "[route]") {
  CHECK(scan("{\"model\":\"" + std::string(1024, 'm') + "\"}"));
  CHECK_FALSE(scan("{\"model\":\"" + std::string(1025, 'm') + "\"}"));
  CHECK_FALSE(scan(R"({"model":"a\nb"})"));
  CHECK_FALSE(scan("{\"model\":\"a\x7f\"}"));
}

TEST_CASE("stream counts only as the literal true of the document itself", "[route]") {
  struct Row {
    std::string text;
    bool stream;
  };
  const Row row = GENERATE(values<Row>({
      {R"({"stream":true})", true},
      {R"({"str\u0065am" : true})", true},
      {R"({"stream":false})", false},
      {R"({"stream":"true"})", false},
      {R"({"stream":1})", false},
      {R"({"stream":[true]})", false},
      {R"({"stream":{"stream":true}})", false},
      {R"({"options":{"stream":true}})", false},
      {R"({"stream_options":true})", false},
      {R"({"stream":true,"stream":false})", false},
      {R"({"stream":false,"stream":true})", true},
  }));
  CAPTURE(row.text);
  const auto facts = scan(row.text);
  REQUIRE(facts);
  CHECK(facts->stream == row.stream);
}

TEST_CASE("keep_alive and ttl are found, whatever their values are", "[route]") {
  struct Row {
    std::string text;
    std::string keep_alive;
    std::string ttl;
  };
  const Row row = GENERATE(values<Row>({
      {R"({"keep_alive":"5m","ttl":300})", R"("5m")", "300"},
      {R"({"ttl" : -1.5e3 , "keep_alive" : { "a" : [1,{}] } ,"x":1})", R"({ "a" : [1,{}] })",
       "-1.5e3"},
      {R"({"keep_alive":[ ],"x":{"ttl":1}})", "[ ]", ""},
      {R"({"ttl":null ,"ttl":[[0]]})", "", "[[0]]"},
      {R"({"a":{"keep_alive":1},"b":[{"ttl":2}],"keep_alives":1})", "", ""},
      {R"({"model":"m","keep_alive":0,"stream":true})", "0", ""},
  }));
  CAPTURE(row.text);
  const auto facts = scan(row.text);
  REQUIRE(facts);
  const auto text_of = [&row](const std::optional<ByteRange>& range) {
    return range ? row.text.substr(range->begin, range->end - range->begin) : std::string();
  };
  CHECK(text_of(facts->keep_alive) == row.keep_alive);
  CHECK(text_of(facts->ttl) == row.ttl);
}

TEST_CASE("nesting is accepted down to 64 levels, the document's own included", "[route]") {
  CHECK(scan(nested(63, "[", "]")));
  CHECK(scan(nested(63, "{\"k\":", "}")));
  const auto arrays = scan(nested(64, "[", "]"));
  REQUIRE_FALSE(arrays);
  CHECK(arrays.error().message ==
        "invalid request body: nesting deeper than 64 levels (at byte 68)");
  CHECK_FALSE(scan(nested(64, "{\"k\":", "}")));
}

TEST_CASE("a large body yields once per slice and a small one never", "[route]") {
  std::string text = "{\"model\":\"m\",\"x\":\"";
  const std::string filling = GENERATE("\xf0\x9f\x98\x80", "\xe2\x82\xac", "a", "\\u20ac");
  CAPTURE(filling);
  while (text.size() < 4 * ScanSliceBytes - 8) {
    text += filling;
  }
  text += "\"}";
  int yields = 0;
  const auto facts = scan_json_body(PaddedBytes(text), [&yields] { ++yields; });
  REQUIRE(facts);
  CHECK(facts->model == "m");
  CHECK((yields == 3 || yields == 4));

  yields = 0;
  const std::string small = "{\"x\":\"" + std::string(ScanSliceBytes - 10, 'x') + "\"}";
  REQUIRE(scan_json_body(PaddedBytes(small), [&yields] { ++yields; }));
  CHECK(yields == 0);
}

TEST_CASE("the verdict does not depend on where a slice ends", "[route]") {
  const std::string tail = GENERATE(R"("model":"m\ud83d\ude00é","stream":true,"n":-12.5e+3})",
                                    R"("model":"m","stream":true, "n" : [ null ]})",
                                    R"("n":1e5,"model":"\u006d€","stream":true})");
  std::string expected;
  for (std::size_t back = 0; back < tail.size() + 2; ++back) {
    std::string text = "{\"x\":0,";
    text.resize(ScanSliceBytes - back, ' ');
    text += tail;
    const auto facts = scan(text);
    CAPTURE(back);
    REQUIRE(facts);
    CHECK(facts->stream);
    REQUIRE(facts->model);
    expected = expected.empty() ? *facts->model : expected;
    REQUIRE(*facts->model == expected);
  }
}

}  // namespace llmsnap::route
