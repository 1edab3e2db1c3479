#include "base/timestamp.h"

#include "catch.h"

namespace llmsnap {
namespace {

std::string again(std::string_view text) {
  const auto time = parsed_timestamp(text);
  return time ? utc_timestamp(*time) : "(none)";
}

TEST_CASE("a moment is read as RFC 3339 writes it", "[base]") {
  CHECK(again("2026-01-31T23:59:59Z") == "2026-01-31T23:59:59.000Z");
  CHECK(again("2026-01-31t23:59:59.1234567z") == "2026-01-31T23:59:59.123Z");
  CHECK(again("2026-01-31T23:59:59.5Z") == "2026-01-31T23:59:59.500Z");
  CHECK(again("2026-02-01T01:29:59+01:30") == "2026-01-31T23:59:59.000Z");
  CHECK(again("2026-01-31T15:59:59-08:00") == "2026-01-31T23:59:59.000Z");
  CHECK(again("2024-02-29T00:00:00Z") == "2024-02-29T00:00:00.000Z");
  CHECK(again("2016-12-31T23:59:60Z") == "2016-12-31T23:59:59.000Z");
  CHECK(again("1969-12-31T23:59:59Z") == "1969-12-31T23:59:59.000Z");
}

TEST_CASE("what is no moment is nothing", "[base]") {
  const char* text =
      GENERATE("", "nonsense", "2026-01-01", "2026-01-31T23:59:59", "2026-01-31T23:59Z",
               "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
               "2026-01-31T24:00:00Z", "2026-01-31T23:60:00Z", "2026-01-31T23:59:61Z",
               "2026-01-31T23:59:59.Z", "2026-01-31T23:59:59+0100", "2026-01-31T23:59:59+24:00",
               "2026-01-31T23:59:59Zx", "26-01-31T23:59:59Z", "2026-1-31T23:59:59Z",
               "2026-01-31T23:59:59 01:00");
  INFO(text);
  CHECK_FALSE(parsed_timestamp(text));
}

}  // namespace
}  // namespace llmsnap
