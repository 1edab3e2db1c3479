#include "wire/authority.h"

#include "catch.h"

namespace llmsnap::wire {

TEST_CASE("a host is a name or an address with an optional port", "[wire]") {
  const char* const text =
      GENERATE("localhost", "localhost:8080", "a.b-c_d~e.", "127.0.0.1:1", "[::1]", "[::1]:8080",
               "[2001:db8::8a2e:370:7334]", "[1:2:3:4:5:6:7:8]", "[::]", "[1::]",
               "[::ffff:127.0.0.1]", "[1:2:3:4:5:6:1.2.3.4]", "x:", "x:0", "x:65535", "x:00080");
  CAPTURE(text);
  CHECK(valid_authority(text));
}

TEST_CASE("what is not a host is refused", "[wire]") {
  const std::string_view text = GENERATE(
      "", ":80", "user@localhost", "user:pw@localhost", "localhost/v1", "localhost, evil.example",
      "localhost,evil.example", "local host", "local\thost", "local\\host", "local%68ost", "a;b",
      "a?b", "a#b", "caf\xc3\xa9", "x:65536", "x:99999", "x:999999", "x:-1", "x:8o", "x:80:80",
      "::1", "[::1", "::1]", "[]", "[:]", "[:::]", "[1::2::3]", "[1:2:3:4:5:6:7]",
      "[1:2:3:4:5:6:7:8:9]", "[1:2:3:4:5:6:7:8::]", "[12345::]", "[g::]", "[::1%eth0]", "[::1]8080",
      "[::1]x", "[v1.a]", "[::1.2.3]", "[::1.2.3.256]", "[::01.2.3.4]", "[1.2.3.4::]", "[:1::]",
      "[1:]", "[::1:]");
  CAPTURE(text);
  CHECK_FALSE(valid_authority(text));
}

TEST_CASE("a zero byte in a host is refused", "[wire]") {
  CHECK_FALSE(valid_authority(std::string_view("local\0host", 10)));
}

}  // namespace llmsnap::wire
