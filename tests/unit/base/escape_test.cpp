#include "base/escape.h"

#include "catch.h"

namespace llmsnap {
namespace {

TEST_CASE("escaped text is one line of plain text", "[base]") {
  struct Row {
    std::string in;
    std::string out;
  };
  const Row row = GENERATE(values<Row>({
      {"", ""},
      {"plain text", "plain text"},
      {"a\nb\r\tc", "a\\nb\\r\\tc"},
      {std::string("\0", 1), "\\x00"},
      {"\x1b[31m", "\\x1b[31m"},
      {"\x7f", "\\x7f"},
      {"gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80",
       "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80"},
      {"a\xe2\x80\xae"
       "b\xe2\x80\xa8\xe2\x81\xa6",
       "a\\xe2\\x80\\xaeb\\xe2\\x80\\xa8\\xe2\\x81\\xa6"},
      {"\xff\xfe", "\\xff\\xfe"},
      {"\xc0\xaf", "\\xc0\\xaf"},                    // overlong
      {"\xed\xa0\x80", "\\xed\\xa0\\x80"},           // surrogate
      {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},  // beyond Unicode
      {"\xc2\x9b", "\\xc2\\x9b"},                    // C1: starts a terminal sequence
      {"\xe2\x82", "\\xe2\\x82"},                    // cut short
      {"{\"a\":\"\\n\"}", "{\"a\":\"\\n\"}"},
  }));
  CHECK(escaped(row.in) == row.out);
  CHECK(escaped(escaped(row.in)) == row.out);
}

}  // namespace
}  // namespace llmsnap
