#include "api/line_filter.h"

#include "catch.h"

namespace llmsnap::api {
namespace {

constexpr const char* Lines =
    "2026-01-31T23:59:59.999Z info  model m: ready\n"
    "2026-01-31T23:59:59.999Z warn  model m: an error\n"
    "Sat Jan 31 23:59:59 UTC 2026 error it broke\n"
    "what a model prints\n";

TEST_CASE("without a filter all text passes as it comes", "[api]") {
  LineFilter all(std::nullopt, "");
  CHECK(all.passed("begun") == "begun");
  CHECK(all.passed(" and ended\n") == " and ended\n");
}

TEST_CASE("lines of at least a level pass, and those without one", "[api]") {
  LineFilter warnings(LogLevel::Warn, "");
  CHECK(warnings.passed(Lines) ==
        "2026-01-31T23:59:59.999Z warn  model m: an error\n"
        "Sat Jan 31 23:59:59 UTC 2026 error it broke\n"
        "what a model prints\n");
}

TEST_CASE("lines with a text in them pass, in any case", "[api]") {
  LineFilter ready(std::nullopt, "READY");
  CHECK(ready.passed(Lines) == "2026-01-31T23:59:59.999Z info  model m: ready\n");
}

TEST_CASE("a line passes or not as a whole, however it comes", "[api]") {
  LineFilter filter(std::nullopt, "x");
  CHECK(filter.passed("a").empty());
  CHECK(filter.passed("xb\nc") == "axb\n");
  CHECK(filter.passed("d\nx").empty());
  CHECK(filter.passed("\n") == "x\n");
}

TEST_CASE("a line without an end takes no more memory than the longest", "[api]") {
  LineFilter filter(std::nullopt, "never there");
  for (int i = 0; i < 100; ++i) {
    CHECK(filter.passed(std::string(64 * 1024, 'x')).empty());
  }
}

TEST_CASE("levels have names", "[api]") {
  CHECK(log_level_named("WARN") == LogLevel::Warn);
  CHECK_FALSE(log_level_named("fatal"));
}

}  // namespace
}  // namespace llmsnap::api
