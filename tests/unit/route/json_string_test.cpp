#include "route/json_string.h"

#include "catch.h"

namespace llmsnap::route {

TEST_CASE("a text becomes a JSON string", "[route]") {
  CHECK(json_string("org/m:7b") == "\"org/m:7b\"");
  CHECK(json_string("a\"b\\c\n\x01") == "\"a\\\"b\\\\c\\u000a\\u0001\"");
  CHECK(json_string("\xc3\xa9") == "\"\xc3\xa9\"");
}

TEST_CASE("the text of a JSON string is found behind its escapes", "[route]") {
  CHECK(unescaped_json("plain") == "plain");
  CHECK(unescaped_json("") == "");
  CHECK(unescaped_json(R"(\"\\\/\b\f\n\r\t.)") == "\"\\/\b\f\n\r\t.");
  CHECK(unescaped_json(R"(\u0041\u00e9\u20AC\ud83d\ude00\uFFFF)") ==
        "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xef\xbf\xbf");
  CHECK(unescaped_json(R"(\u0000)") == std::string(1, '\0'));
}

}  // namespace llmsnap::route
