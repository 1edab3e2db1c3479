#include "log/paced_warning.h"

#include <string>
#include <vector>

#include "catch.h"
#include "log/log.h"

namespace llmsnap {
namespace {

struct Lines {
  std::vector<std::string> lines;
  Log log{[this](LogLevel level, std::string_view line) {
    CHECK(level == LogLevel::Warn);
    lines.emplace_back(line);
  }};
};

TEST_CASE("the first time is told at once, and later ones are kept for a later line", "[log]") {
  Lines seen;
  PacedWarning warning(seen.log, "doors slammed", std::chrono::hours(1));
  warning.happened(0);
  CHECK(seen.lines.empty());
  warning.happened(3);
  CHECK(seen.lines == std::vector<std::string>{"doors slammed: 3"});
  warning.happened(1);
  warning.happened(0);
  CHECK(seen.lines.size() == 1);
}

TEST_CASE("what was kept back is counted in the next line", "[log]") {
  Lines seen;
  // The pause is over when the clock has moved on, whenever that is.
  PacedWarning warning(seen.log, "n", std::chrono::nanoseconds(1));
  std::uint64_t told = 0;
  for (int i = 0; i < 1000; ++i) {
    warning.happened(1);
  }
  const auto deadline = SteadyClock::now() + std::chrono::seconds(20);
  const auto sum = [&seen] {
    std::uint64_t total = 0;
    for (const std::string& line : seen.lines) {
      total += std::stoull(line.substr(3));
    }
    return total;
  };
  while ((told = sum()) < 1000 && SteadyClock::now() < deadline) {
    warning.happened(0);
  }
  CHECK(told == 1000);
}

TEST_CASE("what was kept back has a time when it may be said, and is said at the end", "[log]") {
  Lines seen;
  PacedWarning warning(seen.log, "n", std::chrono::hours(1));
  CHECK_FALSE(warning.due());
  warning.happened(1);
  CHECK_FALSE(warning.due());
  warning.happened(41);
  REQUIRE(warning.due());
  CHECK(*warning.due() > SteadyClock::now());
  warning.tell_rest();
  CHECK(seen.lines == std::vector<std::string>{"n: 1", "n: 41"});
  CHECK_FALSE(warning.due());
}

}  // namespace
}  // namespace llmsnap
