#include "base/command_line.h"

#include <string>
#include <utility>
#include <vector>

#include "catch.h"

using namespace llmsnap;

using Words = std::vector<std::string>;

TEST_CASE("a command is split into words as a POSIX shell would", "[process]") {
  const auto [command, words] = GENERATE(table<std::string, Words>({
      {"a b", {"a", "b"}},
      {"  a \t b\n", {"a", "b"}},
      {"a\nb\n\n c", {"a", "b", "c"}},
      {"'a b' c", {"a b", "c"}},
      {"\"a b\" c", {"a b", "c"}},
      {"'\"x\"'", {"\"x\""}},
      {"\"'x'\"", {"'x'"}},
      {"a''b \"\" ''", {"ab", "", ""}},
      {"--x=\"a b\"c", {"--x=a bc"}},
      {R"(a\ b \" \')", {"a b", "\"", "'"}},
      {R"('a\b')", {"a\\b"}},
      {R"("a\b \" \\ \$ \`")", {"a\\b \" \\ $ `"}},
      {"$HOME ~ * | > &&", {"$HOME", "~", "*", "|", ">", "&&"}},
      {"'open", {"open"}},
      {"\"open", {"open"}},
      {"a\r\nb\r\n", {"a", "b"}},
  }));
  CAPTURE(command);
  const Result<Words> split = split_command(command);
  REQUIRE(split);
  CHECK(*split == words);
}

TEST_CASE("comment lines are dropped and lines that end with a backslash are joined", "[process]") {
  const auto [command, words] = GENERATE(table<std::string, Words>({
      {"# first\na\n  # second\n b", {"a", "b"}},
      {"a # b", {"a", "#", "b"}},
      {"a \\\n  b \\\n  c", {"a", "b", "c"}},
      {"a \\  \nb", {"a", "b"}},
      {"a\\\nb", {"a", "b"}},
      {"a \\\n# no\nb", {"a", "b"}},
      {"'a\n# inside quotes too\nb'", {"a\nb"}},
      {"a \\", {"a"}},
      {"a\n\n\nb", {"a", "b"}},
      {"a \\\xC2\xA0\n\xC2\xA0# copied\n\xE2\x80\x83--y", {"a", "\xE2\x80\x83--y"}},
  }));
  CAPTURE(command);
  const Result<Words> split = split_command(command);
  REQUIRE(split);
  CHECK(*split == words);
}

TEST_CASE("a command without words is an error", "[process]") {
  const std::string command = GENERATE(std::string(), "  ", "\n\n", "# only a comment", "\\");
  CAPTURE(command);
  const Result<Words> split = split_command(command);
  REQUIRE_FALSE(split);
  CHECK(split.error().message.find("empty command") != std::string::npos);
}

TEST_CASE("a quote that is left open is noticed, also in what looks like a remark", "[process]") {
  CHECK(leaves_quote_open("srv # don't\n--x y"));
  CHECK(leaves_quote_open("srv \"a b"));
  CHECK_FALSE(leaves_quote_open("srv 'a' \"b\" c\\'"));
  CHECK_FALSE(leaves_quote_open("srv a\n# don't\n--x"));
  CHECK_FALSE(leaves_quote_open(""));
}
