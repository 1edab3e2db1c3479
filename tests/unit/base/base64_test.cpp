#include "base/base64.h"

#include <string>

#include "catch.h"

using namespace llmsnap;

TEST_CASE("bytes are written in base64 as RFC 4648 has it", "[base]") {
  CHECK(base64_encoded("").empty());
  CHECK(base64_encoded("f") == "Zg==");
  CHECK(base64_encoded("fo") == "Zm8=");
  CHECK(base64_encoded("foo") == "Zm9v");
  CHECK(base64_encoded("foobar") == "Zm9vYmFy");
  CHECK(base64_encoded("\xfb\xff\xfe") == "+//+");
  CHECK(base64_encoded(std::string_view("\0\xff", 2)) == "AP8=");
}
