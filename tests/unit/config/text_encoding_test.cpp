#include "config/text_encoding.h"

#include <string>

#include "config_text.h"

namespace llmsnap {
namespace {

using namespace std::string_literals;

/// ASCII as UTF-16 with its mark.
std::string utf16(std::string_view text, bool is_little) {
  std::string out = is_little ? "\xFF\xFE" : "\xFE\xFF";
  for (const char c : text) {
    out += is_little ? std::string{c, '\0'} : std::string{'\0', c};
  }
  return out;
}

TEST_CASE("UTF-16 becomes UTF-8, in both orders of bytes", "[config]") {
  struct Row {
    std::string in;
    std::string out;
  };
  const Row row = GENERATE(values<Row>({
      {"a: \xC3\xA9", "a: \xC3\xA9"},
      {"\xEF\xBB\xBF"s + "a", "\xEF\xBB\xBF"s + "a"},
      {"\xFF\xFE", ""},
      {"", ""},
      {"\xFF\xFE"
       "a\0\xE9\0\xAC\x20"s,
       "a\xC3\xA9\xE2\x82\xAC"},
      {"\xFE\xFF"
       "\0a\0\xE9\x20\xAC"s,
       "a\xC3\xA9\xE2\x82\xAC"},
      {"\xFF\xFE\x3D\xD8\x00\xDE"s, "\xF0\x9F\x98\x80"},
      {"\xFE\xFF\xD8\x3D\xDE\x00"s, "\xF0\x9F\x98\x80"},
  }));
  const DecodedText decoded = utf8_text(row.in);
  CHECK(decoded.fault_line == 0);
  CHECK(decoded.text == row.out);
}

TEST_CASE("what is neither UTF-8 nor UTF-16 is told with its line", "[config]") {
  struct Row {
    std::string in;
    int line;
    std::string_view what;
  };
  const Row row = GENERATE(values<Row>({
      {"a\nb\n\xFF", 3, "not UTF-8"},
      {"\xFF\xFE"
       "a\0\n\0b"s,
       2, "not UTF-16"},
      {"\xFF\xFE"
       "a\0\n\0\0\xD8x\0"s,
       2, "not UTF-16"},
      {"\xFF\xFE\x00\xDE"s, 1, "not UTF-16"},
      {"\xFE\xFF\xD8\x3D"s, 1, "not UTF-16"},
      {"\xFF\xFE\0\0a\0\0\0"s, 1, "UTF-32"},
      {"\0\0\xFE\xFF\0\0\0a"s, 1, "UTF-32"},
  }));
  const DecodedText decoded = utf8_text(row.in);
  CHECK(decoded.fault_line == row.line);
  CHECK(contains(decoded.fault, row.what));
}

TEST_CASE("a config in UTF-16 is read as one in UTF-8, and checked as one", "[config]") {
  const bool is_little = GENERATE(true, false);
  const auto config = parse_config(utf16("# one\nstartPort: 7000\n", is_little));
  REQUIRE(config);
  CHECK(config->start_port == 7000);
  CHECK(error_of(utf16("startPort: 7000\nspoolDir: \"/tmp\n", is_little)) ==
        error_of("startPort: 7000\nspoolDir: \"/tmp\n"));
  CHECK(contains(error_of(utf16("startPort: 1\nspoolDir: ${env.LLMSNAP_TEST_NONE}\n", is_little)),
                 "c.yaml:2: spoolDir: environment variable LLMSNAP_TEST_NONE is not set"));
}

TEST_CASE("a config in UTF-16 without a mark is refused", "[config]") {
  const std::string without_mark = utf16("startPort: 7000\n", true).substr(2);
  CHECK(contains(error_of(without_mark), "c.yaml:1: "));
}

}  // namespace
}  // namespace llmsnap
