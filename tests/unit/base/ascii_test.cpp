#include "base/ascii.h"

#include "catch.h"

namespace llmsnap {
namespace {

TEST_CASE("case is that of ASCII letters and of nothing else", "[base]") {
  CHECK(ascii::equal_ignoring_case("Content-Length", "cONTENT-lENGTH"));
  CHECK(ascii::equal_ignoring_case("", ""));
  CHECK_FALSE(ascii::equal_ignoring_case("Content-Length", "Content-Lengt"));
  CHECK_FALSE(ascii::equal_ignoring_case("[", "{"));
  CHECK_FALSE(ascii::equal_ignoring_case("@", "`"));
  CHECK_FALSE(ascii::equal_ignoring_case("\xc4", "\xe4"));
  CHECK(ascii::lower_case("ABC-xyz_[\xc4") == "abc-xyz_[\xc4");
}

TEST_CASE("starts and parts of texts are found whatever their case", "[base]") {
  CHECK(ascii::starts_with_ignoring_case("HTTP://host", "http://"));
  CHECK_FALSE(ascii::starts_with_ignoring_case("http", "http://"));
  CHECK(ascii::contains_ignoring_case("text/html, Text/Plain;q=0.5", "text/plain"));
  CHECK(ascii::contains_ignoring_case("anything", ""));
  CHECK_FALSE(ascii::contains_ignoring_case("text\x0fplain", "text/plain"));
  CHECK_FALSE(ascii::contains_ignoring_case("", "text"));
}

TEST_CASE("texts lose the blanks around them and keep those within", "[base]") {
  CHECK(ascii::trimmed(" \t\r\n\v\f a b \n", ascii::is_space) == "a b");
  CHECK(ascii::trimmed(" \t ", ascii::is_space).empty());
  CHECK(ascii::trimmed("", ascii::is_space).empty());
}

}  // namespace
}  // namespace llmsnap
