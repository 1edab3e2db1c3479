#include "base/hex.h"

#include "catch.h"

namespace llmsnap {
namespace {

TEST_CASE("hexadecimal digits have values and nothing else has", "[base]") {
  CHECK(hex_value('0') == 0);
  CHECK(hex_value('9') == 9);
  CHECK(hex_value('a') == 10);
  CHECK(hex_value('F') == 15);
  for (const char c : std::string_view("/:@`gG%\x80\xff\0", 10)) {
    CHECK(hex_value(c) == NotHex);
  }
}

TEST_CASE("percent escapes are undone once, and broken ones are none", "[base]") {
  CHECK(percent_decoded("") == "");
  CHECK(percent_decoded("a+b%2Fc%2fd%20") == "a+b/c/d ");
  CHECK(percent_decoded("%2541") == "%41");
  CHECK(percent_decoded("%00%ff") == std::string("\0\xff", 2));
  const std::string_view broken = GENERATE("%", "a%4", "%4", "%g0", "%0g", "%%41", "%4%31");
  CHECK_FALSE(percent_decoded(broken));
}

}  // namespace
}  // namespace llmsnap
