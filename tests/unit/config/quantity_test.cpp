#include "config/quantity.h"

#include <string>

#include "catch.h"

namespace llmsnap {
namespace {

TEST_CASE("durations are read to the millisecond", "[config]") {
  struct Row {
    std::string text;
    std::int64_t milliseconds;
  };
  const Row row = GENERATE(values<Row>({{"30", 30'000},
                                        {"0", 0},
                                        {"0.25", 250},
                                        {"250ms", 250},
                                        {"30s", 30'000},
                                        {"1.5s", 1'500},
                                        {"10m", 600'000},
                                        {"1m30s", 90'000},
                                        {"2h", 7'200'000},
                                        {"1d", 86'400'000},
                                        {"0.1ms", 1},
                                        {"0.3", 300}}));
  const auto duration = parse_duration(row.text);
  INFO(row.text);
  REQUIRE(duration);
  CHECK(duration->count() == row.milliseconds);
}

TEST_CASE("what is no duration is refused", "[config]") {
  const std::string bad = GENERATE("", "s", "-1", "-1s", "1 s", "1x", "1s ", "1e3", ".5s", "5.s",
                                   "1..2s", "1s30", "1000000000d", "nan", "inf", "0x10", "1S");
  INFO(bad);
  CHECK_FALSE(parse_duration(bad));
}

TEST_CASE("sizes are read to the byte", "[config]") {
  struct Row {
    std::string text;
    std::uint64_t bytes;
  };
  const Row row = GENERATE(values<Row>({{"0", 0},
                                        {"1024", 1024},
                                        {"512B", 512},
                                        {"64MiB", 64ULL << 20},
                                        {"64mib", 64ULL << 20},
                                        {"64 MiB", 64ULL << 20},
                                        {"64MB", 64'000'000},
                                        {"1.5GiB", 3ULL << 29},
                                        {"4KiB", 4096},
                                        {"1TB", 1'000'000'000'000}}));
  const auto size = parse_size(row.text);
  INFO(row.text);
  REQUIRE(size);
  CHECK(*size == row.bytes);
}

TEST_CASE("what is no size is refused", "[config]") {
  const std::string bad =
      GENERATE("", "MiB", "-1", "-1MiB", "1.5", "1e6", "64M", "64 MiB x", "99999999TiB", "0x10");
  INFO(bad);
  CHECK_FALSE(parse_size(bad));
}

TEST_CASE("integers are decimal and nothing else", "[config]") {
  CHECK(parse_integer("0") == 0);
  CHECK(parse_integer("-12") == -12);
  CHECK(parse_integer("+7") == 7);
  const std::string bad = GENERATE("", "-", "010", "-01", "1e3", "0x10", "1.0", "1_000", " 1",
                                   "99999999999999999999", "+-1");
  INFO(bad);
  CHECK_FALSE(parse_integer(bad));
}

TEST_CASE("booleans have the words of YAML 1.1", "[config]") {
  for (const char* word : {"true", "True", "TRUE", "yes", "y", "on", "On"}) {
    CHECK(parse_boolean(word) == true);
  }
  for (const char* word : {"false", "no", "n", "off", "OFF"}) {
    CHECK(parse_boolean(word) == false);
  }
  for (const char* word : {"", "1", "0", "enable"}) {
    CHECK_FALSE(parse_boolean(word));
  }
}

}  // namespace
}  // namespace llmsnap
