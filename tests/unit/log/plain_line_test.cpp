#include "log/plain_line.h"

#include <string>

#include "catch.h"

namespace llmsnap {
namespace {

TEST_CASE("a line of output becomes plain text for a message", "[log]") {
  struct Row {
    std::string line;
    std::string plain;
  };
  const auto row = GENERATE(values<Row>({
      {"", ""},
      {"error: out of memory", "error: out of memory"},
      {"  spaces at the ends\t ", "spaces at the ends"},
      {"\x1b[1;31merror\x1b[0m: no", "error: no"},
      {"\x1b]0;title\aloading", "loading"},
      {"\x1b]8;;http://a\x1b\\link\x1b]8;;\x1b\\", "link"},
      {"\x1b(Bdone\x1b[K", "done"},
      {"cut\x1b[31", "cut"},
      {"cut\x1b", "cut"},
      {"cut\x1b]0;no end", "cut"},
      {"10%\r50%\r100%\r\n", "100%"},
      {"dos\r\n", "dos"},
      {"a\tb", "a b"},
      {std::string("nul\0and\x01\x7f", 9), "nuland"},
      {"gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f"},
      {"bad \xff byte", "bad \\xff byte"},
  }));
  CAPTURE(row.line);
  CHECK(plain_line(row.line) == row.plain);
}

TEST_CASE("a long line is cut between two characters", "[log]") {
  std::string line = "x";
  for (int i = 0; i < 40'000; ++i) {
    line += "\xc3\xbc";
  }
  const std::string plain = plain_line(line);
  CHECK(plain.size() <= 1003);
  CHECK(plain.size() > 900);
  CHECK(plain.ends_with("\xbc..."));
}

}  // namespace
}  // namespace llmsnap
