#include "wire/response_head.h"

#include <string>
#include <string_view>

#include "catch.h"

namespace llmsnap::wire {
namespace {

Result<void> parse(std::string_view bytes, ResponseHead& head, bool to_head = false) {
  return parse_response_head(bytes, to_head, HeadLimits{}, head);
}

}  // namespace

TEST_CASE("a status line is read with and without a reason", "[wire]") {
  const auto [line, status, reason] = GENERATE(table<const char*, int, const char*>({
      {"HTTP/1.1 200 OK", 200, "OK"},
      {"HTTP/1.1 200 ", 200, ""},
      {"HTTP/1.1 200", 200, ""},
      {"HTTP/1.0 404 Not Found", 404, "Not Found"},
      {"HTTP/1.1 999 caf\xe9\t!", 999, "caf\xe9\t!"},
  }));
  ResponseHead head;
  const std::string bytes = std::string(line) + "\r\n\r\n";
  REQUIRE(parse(bytes, head));
  CHECK(head.status == status);
  CHECK(head.reason == reason);
}

TEST_CASE("an answer that is not HTTP/1 is the upstream's failure", "[wire]") {
  using namespace std::string_view_literals;
  const std::string_view text = GENERATE(
      ""sv, "HTTP/1.1 200 OK\r\n"sv, "HTTP/2 200\r\n\r\n"sv, "HTTP/2.0 200 OK\r\n\r\n"sv,
      "HTTP/1.10 200 OK\r\n\r\n"sv, "http/1.1 200 OK\r\n\r\n"sv, "ICY 200 OK\r\n\r\n"sv,
      "HTTP/1.1  200 OK\r\n\r\n"sv, "HTTP/1.1\t200 OK\r\n\r\n"sv, "HTTP/1.1 99 Low\r\n\r\n"sv,
      "HTTP/1.1 099 Low\r\n\r\n"sv, "HTTP/1.1 1000 High\r\n\r\n"sv, "HTTP/1.1 2x0 OK\r\n\r\n"sv,
      "HTTP/1.1 +20 OK\r\n\r\n"sv, "HTTP/1.1 200OK\r\n\r\n"sv, "HTTP/1.1 200 O\0K\r\n\r\n"sv,
      "HTTP/1.1 200 O\rK\r\n\r\n"sv, "HTTP/1.1 200 OK\nA: b\r\n\r\n"sv,
      "HTTP/1.1 200 OK\r\nA: b\n\r\n"sv, "HTTP/1.1 200 OK\r\nA : b\r\n\r\n"sv,
      "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n"sv, "HTTP/1.1 200 OK\r\n A: b\r\n\r\n"sv,
      "HTTP/1.1 200 OK\r\nA: b\0\r\n\r\n"sv, "HTTP/1.1 200 OK\r\nA: b\rC: d\r\n\r\n"sv,
      "HTTP/1.1 200 OK\r\nno colon\r\n\r\n"sv, "HTTP/1.1 200 OK\r\n: v\r\n\r\n"sv,
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n"sv,
      "HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\n"sv,
      "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n"sv,
      "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551621\r\n\r\n"sv,
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"sv,
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"sv,
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n"sv,
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n"sv,
      "HTTP/1.1 200 OK\r\nTransfer-Encoding:\r\n\r\n"sv,
      "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"sv);
  CAPTURE(text);
  ResponseHead head;
  const Result<void> parsed = parse(text, head);
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().code == ErrorCode::UpstreamFailed);
}

TEST_CASE("the framing of an answer follows its status, fields and the request", "[wire]") {
  struct Row {
    const char* text;
    bool to_head;
    Framing framing;
    bool keep_alive;
  };
  const Row row = GENERATE(
      Row{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", false, Framing::Length, true},
      Row{"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n", false, Framing::Chunked, true},
      Row{"HTTP/1.1 200 OK\r\n\r\n", false, Framing::UntilClose, false},
      Row{"HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 5\r\n\r\n", false,
          Framing::Length, false},
      Row{"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n", false, Framing::Length, false},
      Row{"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\n", false,
          Framing::Length, true},
      Row{"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\n", false, Framing::UntilClose, false},
      Row{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", true, Framing::None, true},
      Row{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", true, Framing::None, true},
      Row{"HTTP/1.1 200 OK\r\n\r\n", true, Framing::None, true},
      Row{"HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n", false, Framing::None, true},
      Row{"HTTP/1.1 204 No Content\r\n\r\n", false, Framing::None, true},
      Row{"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", false, Framing::None, true},
      Row{"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", false, Framing::None, false},
      Row{"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n", false, Framing::None,
          false},
      Row{"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", false, Framing::None, true});
  CAPTURE(row.text, row.to_head);
  ResponseHead head;
  REQUIRE(parse(row.text, head, row.to_head));
  CHECK(head.framing == row.framing);
  CHECK(head.keep_alive == row.keep_alive);
}

TEST_CASE("the announced length is known where the body is not sent", "[wire]") {
  ResponseHead head;
  REQUIRE(parse("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", head, true));
  CHECK(head.has_length);
  CHECK(head.content_length == 500);
  REQUIRE(parse("HTTP/1.1 200 OK\r\n\r\n", head, true));
  CHECK_FALSE(head.has_length);
  CHECK(head.fields.empty());
}

TEST_CASE("the end of an answer's head is found once it is there", "[wire]") {
  const std::string head = "HTTP/1.1 200 OK\r\nA: b\r\n\r\n";
  const std::string bytes = head + "\r\n\r\nbody";
  std::size_t scanned = 0;
  for (std::size_t size = 0; size < head.size(); ++size) {
    REQUIRE(*scan_response_head(std::string_view(bytes).substr(0, size), scanned, HeadLimits{}) ==
            0);
  }
  CHECK(*scan_response_head(bytes, scanned, HeadLimits{}) == head.size());
}

TEST_CASE("an answer that cannot become a head is refused before its end", "[wire]") {
  const HeadLimits limits{.head = 100, .target = 10, .fields = 10};
  const std::string text =
      GENERATE(as<std::string>(), "\r\n", "S", "HTTP/2", "HTTP/1.1 200 OK\n",
               "HTTP/1.1 200 OK\r\nA: b\n", "HTTP/1.1 200 OK\r\nA: " + std::string(100, 'x'));
  CAPTURE(text);
  std::size_t scanned = 0;
  const auto found = scan_response_head(text, scanned, limits);
  REQUIRE_FALSE(found);
  CHECK(found.error().code == ErrorCode::UpstreamFailed);
}

TEST_CASE("an answer with more fields than allowed is refused", "[wire]") {
  std::string text = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 100; ++i) {
    text += "X: v\r\n";
  }
  ResponseHead head;
  CHECK(parse(text + "\r\n", head));
  CHECK(head.fields.size() == 100);
  CHECK_FALSE(parse(text + "X: v\r\n\r\n", head));
}

}  // namespace llmsnap::wire
