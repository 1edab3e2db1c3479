#include "llmsnap/log_time.h"

#include <cstdlib>
#include <ctime>
#include <string>

#include "catch.h"

namespace llmsnap {
namespace {

/// The process's time zone while it lives.
class TimeZone {
 public:
  explicit TimeZone(const char* name) {
    ::setenv("TZ", name, 1);
    ::tzset();
  }
  ~TimeZone() {
    ::unsetenv("TZ");
    ::tzset();
  }
  TimeZone(const TimeZone&) = delete;
  TimeZone& operator=(const TimeZone&) = delete;
};

/// 2026-02-03 04:05:06 UTC and some, a Tuesday.
std::string shown(std::string_view name, long nanoseconds = 70'080'900) {
  const auto format = log_time_format(name);
  REQUIRE(format);
  return log_time(*format,
                  std::chrono::system_clock::time_point(std::chrono::seconds(1'770'091'506) +
                                                        std::chrono::nanoseconds(nanoseconds)));
}

}  // namespace

TEST_CASE("the time of a log line is as Go would write it", "[log]") {
  const TimeZone zone("IST-5:30");
  const auto [name, text] = GENERATE(table<std::string, std::string>({
      {"none", ""},
      {"ansic", "Tue Feb  3 09:35:06 2026 "},
      {"unixdate", "Tue Feb  3 09:35:06 IST 2026 "},
      {"rubydate", "Tue Feb 03 09:35:06 +0530 2026 "},
      {"rfc822", "03 Feb 26 09:35 IST "},
      {"rfc822z", "03 Feb 26 09:35 +0530 "},
      {"rfc850", "Tuesday, 03-Feb-26 09:35:06 IST "},
      {"rfc1123", "Tue, 03 Feb 2026 09:35:06 IST "},
      {"rfc1123z", "Tue, 03 Feb 2026 09:35:06 +0530 "},
      {"rfc3339", "2026-02-03T09:35:06+05:30 "},
      {"rfc3339nano", "2026-02-03T09:35:06.0700809+05:30 "},
      {"kitchen", "9:35AM "},
      {"stamp", "Feb  3 09:35:06 "},
      {"stampmilli", "Feb  3 09:35:06.070 "},
      {"stampmicro", "Feb  3 09:35:06.070080 "},
      {"stampnano", "Feb  3 09:35:06.070080900 "},
  }));
  CHECK(shown(name) == text);
}

TEST_CASE("times of log lines west of Greenwich, in UTC and at whole seconds", "[log]") {
  {
    const TimeZone zone("NST3:30");
    CHECK(shown("rfc3339") == "2026-02-03T00:35:06-03:30 ");
    CHECK(shown("rfc1123z") == "Tue, 03 Feb 2026 00:35:06 -0330 ");
    CHECK(shown("kitchen") == "12:35AM ");
  }
  const TimeZone zone("UTC0");
  CHECK(shown("rfc3339nano", 0) == "2026-02-03T04:05:06Z ");
  CHECK(shown("rfc3339nano", 100) == "2026-02-03T04:05:06.0000001Z ");
  CHECK(shown("unixdate") == "Tue Feb  3 04:05:06 UTC 2026 ");
  CHECK(log_time(LogTimeFormat::Utc, std::chrono::system_clock::time_point()) ==
        "1970-01-01T00:00:00.000Z ");
}

TEST_CASE("only known names are formats of the time", "[log]") {
  CHECK_FALSE(log_time_format(""));
  CHECK_FALSE(log_time_format("RFC3339"));
  CHECK_FALSE(log_time_format("utc"));
}

}  // namespace llmsnap
