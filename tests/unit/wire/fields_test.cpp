#include "wire/fields.h"

#include <array>
#include <string>
#include <tuple>
#include <vector>

#include "catch.h"
#include "wire/field_lines.h"
#include "wire/grammar.h"

namespace llmsnap::wire {

TEST_CASE("names are compared without regard to ASCII case alone", "[wire]") {
  CHECK(same_name("Content-Length", "cONTENT-lENGTH"));
  CHECK(same_name("", ""));
  CHECK_FALSE(same_name("Content-Length", "Content-Lengt"));
  CHECK_FALSE(same_name("[", "{"));
  CHECK_FALSE(same_name("\xc4", "\xe4"));
}

TEST_CASE("the first field of a name is found", "[wire]") {
  const std::vector<Field> fields = {{"A", "1"}, {"B", "2"}, {"a", "3"}};
  REQUIRE(find_field(fields, "a") != nullptr);
  CHECK(find_field(fields, "a")->value == "1");
  CHECK(find_field(fields, "b")->value == "2");
  CHECK(find_field(fields, "c") == nullptr);
  CHECK(value_of(fields, "B") == "2");
  CHECK(value_of(fields, "c").empty());
}

TEST_CASE("a body is coded if its head names a coding that changes it", "[wire]") {
  CHECK(has_coding(Fields{{"content-encoding", "gzip"}}));
  CHECK(has_coding(Fields{{"Content-Encoding", "identity"}, {"Content-Encoding", "gzip"}}));
  CHECK_FALSE(has_coding(Fields{{"Content-Encoding", "Identity"}}));
  CHECK_FALSE(has_coding(Fields{{"Content-Encoding", ""}}));
  CHECK_FALSE(has_coding({}));
}

TEST_CASE("a list contains whole elements only", "[wire]") {
  const auto [value, token, contained] = GENERATE(table<const char*, const char*, bool>({
      {"close", "close", true},
      {"foo , CLOSE", "close", true},
      {"foo,\tclose\t,bar", "close", true},
      {",,close", "close", true},
      {"close,", "close", true},
      {"", "close", false},
      {"closed", "close", false},
      {"not close", "close", false},
      {"close;q=1", "close", false},
      {"keep-alive, x-close", "close", false},
  }));
  CAPTURE(value);
  CHECK(list_contains(value, token) == contained);
}

TEST_CASE("a field value ends at the first control byte, wherever it stands", "[wire]") {
  for (unsigned byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    const bool legal = byte == '\t' || (byte >= 0x20 && byte != 0x7f);
    for (std::size_t place = 0; place < 20; ++place) {
      for (const char filler : {'a', '\t', ' ', '!', '\x80', '\xff', '~'}) {
        std::string text(20, filler);
        text[place] = c;
        const char* const stop = grammar::skip_value(text.data(), text.data() + text.size());
        REQUIRE(stop - text.data() == (legal ? 20 : static_cast<std::ptrdiff_t>(place)));
      }
    }
  }
}

TEST_CASE("a length is digits alone and fits a signed 64-bit number", "[wire]") {
  CHECK(parse_length("0") == 0);
  CHECK(parse_length("0013") == 13);
  CHECK(parse_length("9223372036854775807") == 9223372036854775807ULL);
  const std::string bad =
      GENERATE("", "+1", "-1", "1 3", "1,1", "0x1", "1e1", "1.0", "1_3", "\"1\"", "%31", "1\v",
               "\xa0"
               "1",
               "\xd9\xa1", "9223372036854775808", "18446744073709551629",
               "9999999999999999999999999", "00000000000000000001");
  CAPTURE(bad);
  CHECK_FALSE(parse_length(bad));
}

}  // namespace llmsnap::wire
