#include "stderr_log.h"

#include <unistd.h>

#include <array>
#include <string>

#include "catch.h"

namespace llmsnapd {
namespace {

// What `write` sends to standard error; it must fit into a pipe.
template <typename Write>
std::string standard_error_of(const Write& write) {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  const int kept = ::dup(STDERR_FILENO);
  ::dup2(ends[1], STDERR_FILENO);
  write();
  ::dup2(kept, STDERR_FILENO);
  ::close(kept);
  ::close(ends[1]);
  std::array<char, 4096> bytes{};
  const ssize_t count = ::read(ends[0], bytes.data(), bytes.size());
  ::close(ends[0]);
  return std::string(bytes.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
}

TEST_CASE("a message gets its time and level, a JSON line stays one", "[llmsnapd]") {
  const StderrLog log(llmsnap::LogLevel::Warn, llmsnap::LogTimeFormat::Utc);
  const std::string message =
      standard_error_of([&log] { log.write(llmsnap::LogLevel::Error, "no disk"); });
  CHECK(message.size() == std::string("2025-01-01T00:00:00.000Z error no disk\n").size());
  CHECK(message.substr(message.find(' ')) == " error no disk\n");
  CHECK(standard_error_of([&log] { log.write(llmsnap::LogLevel::Info, "hidden"); }).empty());
  CHECK(standard_error_of([&log] { log.write_bare(R"({"a":1})"); }) == "{\"a\":1}\n");
  const StderrLog timeless(llmsnap::LogLevel::Warn, llmsnap::LogTimeFormat::None);
  CHECK(standard_error_of([&] { timeless.write(llmsnap::LogLevel::Warn, "hm"); }) == "warn  hm\n");
}

TEST_CASE("each line that a model prints is shown behind the model's id", "[llmsnapd]") {
  const StderrLog log(llmsnap::LogLevel::Info, llmsnap::LogTimeFormat::Utc);
  CHECK(standard_error_of([&log] { log.write_output("org/m", "one\n\n\x1b[1mtwo\n"); }) ==
        "[org/m] one\n[org/m] \n[org/m] \x1b[1mtwo\x1b[0m\n");
  CHECK(standard_error_of([&log] { log.write_output("m", ""); }).empty());
}

TEST_CASE("bytes that are no character are shown as such, also where they look like one",
          "[llmsnapd][E07]") {
  const auto [printed, shown] = GENERATE(table<std::string, std::string>({
      {"\xc1\x9b", "\\xc1\\x9b"},                    // a longer form of U+005B
      {"\xe0\x82\x9b", "\\xe0\\x82\\x9b"},           // of U+009B
      {"\xf0\x80\x82\x9b", "\\xf0\\x80\\x82\\x9b"},  // the same
      {"\xf0\x8f\xbf\xbf", "\\xf0\\x8f\\xbf\\xbf"},  // of U+FFFF
      {"\xed\xa0\x80", "\\xed\\xa0\\x80"},           // a surrogate
      {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},  // beyond U+10FFFF
      {"\xf5\x80\x80\x80", "\\xf5\\x80\\x80\\x80"},  // no first byte
      {"\xe0\xa0\x80 \xed\x9f\xbf", "\xe0\xa0\x80 \xed\x9f\xbf"},
      {"\xf0\x90\x80\x80 \xf4\x8f\xbf\xbf", "\xf0\x90\x80\x80 \xf4\x8f\xbf\xbf"},
  }));
  const StderrLog log(llmsnap::LogLevel::Info, llmsnap::LogTimeFormat::Utc);
  const std::string line = printed + "\n";
  CHECK(standard_error_of([&] { log.write_output("m", line); }) == "[m] " + shown + "\n");
}

TEST_CASE("what a model prints steers no terminal and hides no line", "[llmsnapd][E07]") {
  const auto [printed, shown] = GENERATE(table<std::string, std::string>({
      {"\x1b[1;31mred\x1b[0m\ttab", "[m] \x1b[1;31mred\x1b[0m\ttab\x1b[0m\n"},
      {"\x1b[2Jgone", "[m] \\x1b[2Jgone\n"},
      {"\x1b]8;;http://h\x1b\\link", "[m] \\x1b]8;;http://h\\x1b\\link\n"},
      {"\x1b]52;c;eA==\a", "[m] \\x1b]52;c;eA==\\x07\n"},
      {"true\r[x] false", "[m] true\n[m] [x] false\n"},
      {"dos\r", "[m] dos\n"},
      {std::string("a\0b\x7f\b", 5), "[m] a\\x00b\\x7f\\x08\n"},
      {"\xc2\x9b"
       "2J \x9b \xff gr\xc3\xbc\xc3\x9f",
       "[m] \\xc2\\x9b"
       "2J \\x9b \\xff gr\xc3\xbc\xc3\x9f\n"},
      {"\xe2\x82", "[m] \\xe2\\x82\n"},
      {"\x1b[31", "[m] \\x1b[31\n"},
      {"<script>alert(1)</script>", "[m] <script>alert(1)</script>\n"},
  }));
  const StderrLog log(llmsnap::LogLevel::Info, llmsnap::LogTimeFormat::Utc);
  const std::string line = printed + "\n";
  CHECK(standard_error_of([&] { log.write_output("m", line); }) == shown);
}

TEST_CASE("a model's colour ends with its line, and the one that hides text does not pass",
          "[llmsnapd][E07]") {
  const auto [colour, passes] = GENERATE(table<std::string, bool>({
      {"", true},
      {"30;40", true},
      {"38;5;8", true},
      {"48:5:8", true},
      {"38;2;8;8;8;1", true},
      {"4:3;28", true},
      {"8", false},
      {"1;8", false},
      {"08", false},
      {"8;", false},
      {"8:1", false},
      {"38;5;1;8", false},
      {"38;8", false},
      {"38:5:1;8", false},
      {"38;2;8", false},
      {"264", false},
  }));
  const StderrLog log(llmsnap::LogLevel::Info, llmsnap::LogTimeFormat::Utc);
  const std::string numbers = colour;
  const std::string command = (passes ? "\x1b[" : "\\x1b[") + numbers + "m";
  CHECK(standard_error_of([&] { log.write_output("m", "a\x1b[" + numbers + "mb\nc"); }) ==
        "[m] a" + command + "b" + (passes ? "\x1b[0m" : "") + "\n[m] c\n");
}

}  // namespace
}  // namespace llmsnapd
