#include <string>
#include <string_view>

#include "catch.h"
#include "wire/request_head.h"

namespace llmsnap::wire {
namespace {

constexpr HeadLimits Small{.head = 200, .target = 20, .fields = 3};

/// Feeds byte after byte; how many it took until the refusal, or 0 for none.
std::size_t bytes_until_refused(std::string_view bytes, ErrorCode code) {
  HeadScanner scanner(Small);
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    const auto progress = scanner.scan(bytes.substr(0, size));
    if (!progress) {
      CHECK(progress.error().code == code);
      CHECK_FALSE(scanner.scan(bytes));
      return size;
    }
    CHECK(progress->size == 0);
  }
  return 0;
}

}  // namespace

TEST_CASE("a head is found behind empty lines and before the body", "[wire]") {
  const std::string head = "GET / HTTP/1.1\r\nHost: a\r\nX:\r\n\r\n";
  const std::string bytes = "\r\n\r\n" + head + "body\r\n\r\n";
  HeadScanner scanner(Small);
  for (std::size_t size = 0; size < 4 + head.size(); ++size) {
    REQUIRE(scanner.scan(std::string_view(bytes).substr(0, size))->size == 0);
  }
  for (const std::size_t size : {4 + head.size(), bytes.size()}) {
    const auto progress = scanner.scan(std::string_view(bytes).substr(0, size));
    CHECK(progress->skipped == 4);
    CHECK(progress->size == head.size());
  }
  scanner.reset();
  CHECK(scanner.scan(head)->size == head.size());
  CHECK(scanner.scan(head)->skipped == 0);
}

TEST_CASE("bytes that cannot become a head are refused at the byte that shows it", "[wire]") {
  using namespace std::string_view_literals;
  const auto [good, wrong] = GENERATE(table<std::string_view, std::string_view>({
      {""sv, "\n"sv},
      {""sv, " "sv},
      {""sv, "\x16"sv},  // TLS hello
      {""sv, "\0"sv},
      {"\r"sv, "G"sv},
      {"\r\n\r\n\r\n\r\n"sv, "\r"sv},
      {"GET"sv, "\r"sv},
      {"GET"sv, "\t"sv},
      {"G"sv, ":"sv},
      {"GET"sv, "\0"sv},
      {"GET "sv, " "sv},
      {"GET /"sv, "\r"sv},  // HTTP/0.9
      {"GET /"sv, "\n"sv},
      {"GET /"sv, "\t"sv},
      {"GET /"sv, "\0"sv},
      {"GET /"sv, "\x1b"sv},
      {"GET /"sv, "\x7f"sv},
      {"GET /"sv, "\xc3"sv},
      {"GET /"sv, "#"sv},
      {"GET /"sv, "\\"sv},
      {"GET /"sv, "\""sv},
      {"GET /"sv, "<"sv},
      {"GET / "sv, " "sv},
      {"GET / "sv, "h"sv},
      {"GET / HTTP/"sv, " "sv},
      {"GET / HTTP/0"sv, "1"sv},
      {"GET / HTTP/1.1"sv, "0"sv},
      {"GET / HTTP/1.1"sv, "x"sv},
      {"GET / HTTP/1.1"sv, " "sv},
      {"GET / HTTP/1.1"sv, "\n"sv},
      {"GET / HTTP/1.1\r"sv, "\r"sv},
      {"GET / HTTP/1.1\r\n"sv, " "sv},
      {"GET / HTTP/1.1\r\n"sv, "\n"sv},
      {"GET / HTTP/1.1\r\n"sv, ":"sv},
      {"GET / HTTP/1.1\r\nA"sv, " "sv},
      {"GET / HTTP/1.1\r\nA"sv, "\t"sv},
      {"GET / HTTP/1.1\r\nA"sv, "\r"sv},
      {"GET / HTTP/1.1\r\nA"sv, "\0"sv},
      {"GET / HTTP/1.1\r\nA"sv, "\xe9"sv},
      {"GET / HTTP/1.1\r\nA"sv, "@"sv},
      {"GET / HTTP/1.1\r\nA: b"sv, "\n"sv},
      {"GET / HTTP/1.1\r\nA: b"sv, "\0"sv},
      {"GET / HTTP/1.1\r\nA: b"sv, "\v"sv},
      {"GET / HTTP/1.1\r\nA: b"sv, "\x7f"sv},
      {"GET / HTTP/1.1\r\nA: b\r"sv, "\r"sv},
      {"GET / HTTP/1.1\r\nA: b\r"sv, "C"sv},
      {"GET / HTTP/1.1\r\nA: b\r\n"sv, " "sv},  // obs-fold
      {"GET / HTTP/1.1\r\nA: b\r\n"sv, "\t"sv},
      {"GET / HTTP/1.1\r\nA: b\r\n\r"sv, "X"sv},
  }));
  CAPTURE(good, wrong);
  CHECK(bytes_until_refused(std::string(good) + std::string(wrong), ErrorCode::BadRequest) ==
        good.size() + 1);
}

TEST_CASE("limits are enforced at the byte that exceeds them", "[wire]") {
  const std::string line = "GET / HTTP/1.1\r\n";
  const std::string target = "GET " + std::string(21, '/');
  CHECK(bytes_until_refused(target + "x", ErrorCode::TargetTooLong) == target.size());
  CHECK(bytes_until_refused(std::string(40, 'A'), ErrorCode::NotImplemented) == 33);
  CHECK(bytes_until_refused("GET / HTTP/2.0\r\n", ErrorCode::VersionNotSupported) == 15);
  CHECK(bytes_until_refused(line + "A:\r\nB:\r\nC:\r\nD:\r\n", ErrorCode::HeadTooLarge) ==
        line.size() + 13);
  CHECK(bytes_until_refused(line + "A:" + std::string(300, ' '), ErrorCode::HeadTooLarge) == 200);
  HeadScanner scanner(HeadLimits{});
  const auto progress = scanner.scan(line + std::string(257, 'n'));
  REQUIRE_FALSE(progress);
  CHECK(progress.error().code == ErrorCode::HeadTooLarge);
}

TEST_CASE("a head of exactly the limits is taken", "[wire]") {
  std::string head = "GET " + std::string(20, '/') + " HTTP/1.1\r\nA:\r\nB:\r\nC:";
  head += std::string(200 - 4 - head.size(), 'v') + "\r\n\r\n";
  HeadScanner scanner(Small);
  CHECK(scanner.scan("\r\n" + head)->size == 200);
}

}  // namespace llmsnap::wire
