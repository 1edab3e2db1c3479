#include "wire/request_head.h"

#include <string>
#include <string_view>

#include "catch.h"

namespace llmsnap::wire {
namespace {

using namespace std::string_view_literals;

/// A request whose head is `line`, Host and `fields` (each with its CRLF).
std::string with_host(std::string_view line, std::string_view fields = "") {
  return std::string(line) + "\r\nHost: localhost\r\n" + std::string(fields) + "\r\n";
}

std::string with_fields(std::string_view fields) {
  return with_host("POST /x HTTP/1.1", fields);
}

void check_refused(std::string_view bytes, ErrorCode code) {
  RequestHead head;
  const Result<void> parsed = parse_request_head(bytes, HeadLimits{}, head);
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().code == code);
}

RequestHead parse(std::string_view bytes) {
  RequestHead head;
  const Result<void> parsed = parse_request_head(bytes, HeadLimits{}, head);
  INFO((parsed ? "" : parsed.error().message));
  REQUIRE(parsed);
  return head;
}

}  // namespace

TEST_CASE("a head is split into views of the bytes received", "[wire]") {
  const std::string bytes =
      "POST /v1/x%2Fy?a=%0d&b=?c HTTP/1.1\r\nhOST: \tlocalhost:80 \t\r\nX-E:\r\nREMOTE_ADDR: 1\r\n"
      "X-V: a  caf\xe9 %0d%0a\r\nContent-Length: 0013\r\n\r\n";
  const RequestHead head = parse(bytes);
  CHECK(head.method == "POST");
  CHECK(head.target == "/v1/x%2Fy?a=%0d&b=?c");
  CHECK(head.path == "/v1/x%2Fy");
  CHECK(head.query == "a=%0d&b=?c");
  CHECK(head.host == "localhost:80");
  CHECK(head.minor_version == 1);
  REQUIRE(head.fields.size() == 5);
  CHECK(head.fields[0].name == "hOST");
  CHECK(head.fields[1].value.empty());
  CHECK(head.fields[2].name == "REMOTE_ADDR");
  CHECK(head.fields[3].value == "a  caf\xe9 %0d%0a");
  CHECK(head.framing == Framing::Length);
  CHECK(head.content_length == 13);
  CHECK(head.keep_alive);
  CHECK_FALSE(head.expect_continue);
}

TEST_CASE("a head that is parsed into again keeps nothing of the one before", "[wire]") {
  RequestHead head;
  const std::string first =
      with_fields("Content-Length: 5\r\nExpect: 100-continue\r\nTE: trailers\r\n");
  const std::string second = with_host("GET / HTTP/1.1");
  REQUIRE(parse_request_head(first, HeadLimits{}, head));
  REQUIRE(parse_request_head(second, HeadLimits{}, head));
  CHECK(head.fields.size() == 1);
  CHECK(head.framing == Framing::None);
  CHECK(head.content_length == 0);
  CHECK_FALSE(head.expect_continue);
  CHECK_FALSE(head.accepts_trailers);
}

TEST_CASE("a malformed request line is refused", "[wire]") {
  const auto [line, code] = GENERATE(table<std::string_view, ErrorCode>({
      {"GET /x"sv, ErrorCode::BadRequest},
      {"GET /x "sv, ErrorCode::BadRequest},
      {"GET /x http/1.1"sv, ErrorCode::BadRequest},
      {"GET /x Http/1.1"sv, ErrorCode::BadRequest},
      {"GET /x HTTP/1.10"sv, ErrorCode::BadRequest},
      {"GET /x HTTP/01.1"sv, ErrorCode::BadRequest},
      {"GET /x HTTP/1.1x"sv, ErrorCode::BadRequest},
      {"GET /x HTTP/1,1"sv, ErrorCode::BadRequest},
      {"GET /x HTTP/1"sv, ErrorCode::BadRequest},
      {"GET /x HTTP/1."sv, ErrorCode::BadRequest},
      {"GET /x HTTP/+1.1"sv, ErrorCode::BadRequest},
      {"GET /x HTTPS/1.1"sv, ErrorCode::BadRequest},
      {"GET /x HTTP/ 1.1"sv, ErrorCode::BadRequest},
      {"GET /x  HTTP/1.1"sv, ErrorCode::BadRequest},
      {"GET  /x HTTP/1.1"sv, ErrorCode::BadRequest},
      {" GET /x HTTP/1.1"sv, ErrorCode::BadRequest},
      {"GET /x HTTP/1.1 "sv, ErrorCode::BadRequest},
      {"GET /x y HTTP/1.1"sv, ErrorCode::BadRequest},
      {"GET\t/x\tHTTP/1.1"sv, ErrorCode::BadRequest},
      {"GET HTTP/1.1"sv, ErrorCode::BadRequest},
      {"GET  HTTP/1.1"sv, ErrorCode::BadRequest},
      {"G:ET /x HTTP/1.1"sv, ErrorCode::BadRequest},
      {"GET\0 /x HTTP/1.1"sv, ErrorCode::BadRequest},
      {"GET /x HTTP/2.0"sv, ErrorCode::VersionNotSupported},
      {"GET /x HTTP/0.9"sv, ErrorCode::VersionNotSupported},
      {"PRI * HTTP/2.0"sv, ErrorCode::VersionNotSupported},
      {"FOO /x HTTP/1.1"sv, ErrorCode::NotImplemented},
      {"get /x HTTP/1.1"sv, ErrorCode::NotImplemented},
      {"TRACE /x HTTP/1.1"sv, ErrorCode::NotImplemented},
      {"CONNECT localhost:80 HTTP/1.1"sv, ErrorCode::NotImplemented},
  }));
  CAPTURE(line);
  check_refused(with_host(line), code);
}

TEST_CASE("a version above 1.1 is read as 1.1", "[wire]") {
  CHECK(parse(with_host("GET /x HTTP/1.2")).minor_version == 1);
}

TEST_CASE("a target with bytes or escapes that are none is refused", "[wire]") {
  const std::string_view target =
      GENERATE("/a\nb"sv, "/a\rb"sv, "/a\0b"sv, "/a\x1b[2J"sv, "/a\x7f"sv, "/caf\xc3\xa9"sv,
               "/a\\b"sv, "/a#b"sv, "/a?b#c"sv, "/a\"b"sv, "/a<b>"sv, "/a^b"sv, "/a`b"sv, "/a{b}"sv,
               "/a\tb"sv, "/a?b\\c"sv, "/%"sv, "/%2"sv, "/%zz"sv, "/%2g"sv, "/%%20"sv, "/%00"sv,
               "/a%00.html"sv, "/a?%"sv, "/a?%g0"sv, "v1/models"sv, "*"sv, "*/x"sv, "**"sv, "?x"sv,
               "localhost:80"sv, "//"sv.substr(0, 0));
  CAPTURE(target);
  check_refused(with_host("GET " + std::string(target) + " HTTP/1.1"), ErrorCode::BadRequest);
}

TEST_CASE("legal targets stay as they are", "[wire]") {
  const auto [target, path, query] = GENERATE(table<const char*, const char*, const char*>({
      {"/", "/", ""},
      {"/?", "/", ""},
      {"//x//", "//x//", ""},
      {"/a/../b;p=1,2:@$&'()*+!~", "/a/../b;p=1,2:@$&'()*+!~", ""},
      {"/%c3%a9%2F%2f", "/%c3%a9%2F%2f", ""},
      {"/a?b=c?d/e", "/a", "b=c?d/e"},
      {"/a?%00%0d%0a", "/a", "%00%0d%0a"},
      {"/[a]|b?q={x}^`[y]|z", "/[a]|b", "q={x}^`[y]|z"},
      {"/http://x/y", "/http://x/y", ""},
  }));
  CAPTURE(target);
  const std::string bytes = with_host("GET " + std::string(target) + " HTTP/1.1");
  const RequestHead head = parse(bytes);
  CHECK(head.target == target);
  CHECK(head.path == path);
  CHECK(head.query == query);
}

TEST_CASE("an asterisk is for OPTIONS", "[wire]") {
  const std::string bytes = with_host("OPTIONS * HTTP/1.1");
  CHECK(parse(bytes).path == "*");
  check_refused(with_host("OPTIONS *?x HTTP/1.1"), ErrorCode::BadRequest);
}

TEST_CASE("an absolute target is reduced to its path when its host is the one in Host", "[wire]") {
  const auto [line, target] = GENERATE(table<const char*, const char*>({
      {"GET http://localhost/v1/models?x HTTP/1.1", "/v1/models?x"},
      {"GET HTTPS://LOCALHOST/v1 HTTP/1.1", "/v1"},
      {"GET http://localhost HTTP/1.1", "/"},
      {"OPTIONS http://localhost HTTP/1.1", "*"},
      {"GET http://localhost/?u=http://a@b/ HTTP/1.1", "/?u=http://a@b/"},
  }));
  CAPTURE(line);
  const std::string bytes = with_host(line);
  CHECK(parse(bytes).target == target);
  CHECK(parse(bytes).host == "localhost");
}

TEST_CASE("an absolute target of another kind or host is refused", "[wire]") {
  const char* const target = GENERATE(
      "http://user:pw@localhost/x", "http://user@localhost/x", "file:///etc/passwd",
      "ftp://localhost/x", "http:/x", "http:x", "http://", "http:///x", "http://evil.example/x",
      "http://localhost:8080/x", "http://localhost:99999/x", "http://localhost?x", "://localhost/x",
      "http://localhost%2f/x", "http://localhost/%zz", "xhttp://localhost/");
  CAPTURE(target);
  check_refused(with_host("GET " + std::string(target) + " HTTP/1.1"), ErrorCode::BadRequest);
}

TEST_CASE("Host is there once and valid, from HTTP/1.1 on", "[wire]") {
  const char* const fields =
      GENERATE("", "Host:\r\n", "Host: \r\n", "Host: a\r\nHost: a\r\n", "Host: a\r\nhost: b\r\n",
               "Host: a, b\r\n", "Host: a,b\r\n", "Host: u@a\r\n", "Host: a/b\r\n",
               "Host: a:99999\r\n", "Host: a b\r\n", "Host: a\tb\r\n", "Host: [::1\r\n");
  CAPTURE(fields);
  check_refused("GET / HTTP/1.1\r\n" + std::string(fields) + "\r\n", ErrorCode::BadRequest);
}

TEST_CASE("HTTP/1.0 needs no Host", "[wire]") {
  CHECK(parse("GET / HTTP/1.0\r\n\r\n").host.empty());
  CHECK(parse("GET http://a/ HTTP/1.0\r\n\r\n").host == "a");
  CHECK(parse("GET / HTTP/1.0\r\nHost:\r\n\r\n").host.empty());
  CHECK(parse("GET / HTTP/1.0\r\nHost: a\r\n\r\n").host == "a");
  check_refused("GET / HTTP/1.0\r\nHost: a b\r\n\r\n", ErrorCode::BadRequest);
}

TEST_CASE("malformed field lines are refused", "[wire]") {
  const std::string_view fields =
      GENERATE("A : b\r\n"sv, "A\t: b\r\n"sv, "A: b\r\n c\r\n"sv, "A: b\r\n\tc\r\n"sv,
               " A: b\r\n"sv, "NoColon\r\n"sv, ": v\r\n"sv, ":\r\n"sv, "@A: v\r\n"sv,
               "A\0B: v\r\n"sv, "A\xe9: v\r\n"sv, "A(b): v\r\n"sv, "A: a\0b\r\n"sv, "A: a\rb\r\n"sv,
               "A: a\nb\r\n"sv, "A: a\x1b\r\n"sv, "A: a\x7f\r\n"sv, "A: \vb\r\n"sv, "A: b\r\r\n"sv,
               "A: b\n"sv, "\rA: b\r\n"sv, "A: b\r\n\r\nB: c\r\n"sv);
  CAPTURE(fields);
  check_refused(with_fields(fields), ErrorCode::BadRequest);
}

TEST_CASE("a head without its end is refused", "[wire]") {
  check_refused("", ErrorCode::BadRequest);
  check_refused("\r\n\r\n", ErrorCode::BadRequest);
  check_refused("GET / HTTP/1.1", ErrorCode::BadRequest);
  check_refused("GET / HTTP/1.1\r\n", ErrorCode::BadRequest);
  check_refused("GET / HTTP/1.1\r\nHost: a\r\n", ErrorCode::BadRequest);
  check_refused("GET / HTTP/1.1\r\nHost: a\r\n\n", ErrorCode::BadRequest);
  check_refused("GET / HTTP/1.1\r\nHost: a\r\n\r\nx", ErrorCode::BadRequest);
}

TEST_CASE("a head over a limit is refused", "[wire]") {
  std::string many;
  for (int i = 0; i < 100; ++i) {
    many += "A:\r\n";
  }
  check_refused(with_fields(many), ErrorCode::HeadTooLarge);
  check_refused(with_fields(std::string(257, 'n') + ": v\r\n"), ErrorCode::HeadTooLarge);
  check_refused(with_fields("A: " + std::string(65536, 'v') + "\r\n"), ErrorCode::HeadTooLarge);
  check_refused(with_host("GET /" + std::string(8192, 'a') + " HTTP/1.1"),
                ErrorCode::TargetTooLong);
}

TEST_CASE("a body whose length could be read in two ways is refused", "[wire]") {
  const auto [fields, code] = GENERATE(table<std::string_view, ErrorCode>({
      {"Content-Length: 5\r\nContent-Length: 5\r\n"sv, ErrorCode::BadRequest},
      {"Content-Length: 5\r\ncontent-length: 6\r\n"sv, ErrorCode::BadRequest},
      {"Content-Length: 5, 5\r\n"sv, ErrorCode::BadRequest},
      {"Content-Length: 5,\r\n"sv, ErrorCode::BadRequest},
      {"Content-Length:\r\n"sv, ErrorCode::BadRequest},
      {"Content-Length: -5\r\n"sv, ErrorCode::BadRequest},
      {"Content-Length: 5 5\r\n"sv, ErrorCode::BadRequest},
      {"Content-Length: 9223372036854775808\r\n"sv, ErrorCode::BadRequest},
      {"Content-Length: 18446744073709551629\r\n"sv, ErrorCode::BadRequest},
      {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"sv, ErrorCode::BadRequest},
      {"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"sv, ErrorCode::BadRequest},
      {"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"sv, ErrorCode::BadRequest},
      {"Transfer-Encoding: x\r\nTransfer-Encoding: chunked\r\n"sv, ErrorCode::BadRequest},
      {"Transfer-Encoding: chunked, chunked\r\n"sv, ErrorCode::BadRequest},
      {"Transfer-Encoding: gzip, chunked\r\n"sv, ErrorCode::BadRequest},
      {"Transfer-Encoding: ,chunked\r\n"sv, ErrorCode::BadRequest},
      {"Transfer-Encoding: chunked,\r\n"sv, ErrorCode::BadRequest},
      {"Transfer-Encoding: chunked;q=1\r\n"sv, ErrorCode::BadRequest},
      {"Transfer-Encoding: \"chunked\"\r\n"sv, ErrorCode::BadRequest},
      {"Transfer-Encoding: \xa0"
       "chunked\r\n"sv,
       ErrorCode::BadRequest},
      {"Transfer-Encoding:\r\n"sv, ErrorCode::BadRequest},
      {"Transfer-Encoding: identity\r\n"sv, ErrorCode::NotImplemented},
      {"Transfer-Encoding: xchunked\r\n"sv, ErrorCode::NotImplemented},
      {"Transfer-Encoding: %63hunked\r\n"sv, ErrorCode::NotImplemented},
      {"Connection: Content-Length\r\nContent-Length: 5\r\n"sv, ErrorCode::BadRequest},
      {"Connection: close, transfer-encoding\r\n"sv, ErrorCode::BadRequest},
      {"Connection: host\r\n"sv, ErrorCode::BadRequest},
  }));
  CAPTURE(fields);
  check_refused(with_fields(fields), code);
}

TEST_CASE("HTTP/1.0 has no transfer codings", "[wire]") {
  check_refused("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", ErrorCode::BadRequest);
}

TEST_CASE("a chunked body is announced by the single token, in any case", "[wire]") {
  CHECK(parse(with_fields("Transfer-Encoding: \tChUnKeD \r\n")).framing == Framing::Chunked);
}

TEST_CASE("a length beyond any limit is still a length", "[wire]") {
  CHECK(parse(with_fields("Content-Length: 1099511627776\r\n")).content_length == 1099511627776ULL);
}

TEST_CASE("the connection persists as version and Connection say", "[wire]") {
  const auto [version, connection, kept] = GENERATE(table<const char*, const char*, bool>({
      {"1.1", "X: y", true},
      {"1.1", "Connection: keep-alive", true},
      {"1.1", "Connection: foo , CLOSE", false},
      {"1.1", "Connection: keep-alive\r\nConnection: close", false},
      {"1.1", "Connection: closed", true},
      {"1.1", "Connection: keep-alive, X-Forwarded-For, Authorization", true},
      {"1.1", "Proxy-Connection: close", true},
      {"1.0", "X: y", false},
      {"1.0", "Connection: Keep-Alive", true},
      {"1.0", "Connection: keep-alive, close", false},
  }));
  CAPTURE(version, connection);
  const std::string bytes =
      with_host("GET / HTTP/" + std::string(version), std::string(connection) + "\r\n");
  CHECK(parse(bytes).keep_alive == kept);
}

TEST_CASE("only 100-continue may be expected, and only for a body", "[wire]") {
  CHECK(parse(with_fields("Expect: 100-Continue\r\nContent-Length: 5\r\n")).expect_continue);
  CHECK(
      parse(with_fields("Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n")).expect_continue);
  CHECK_FALSE(parse(with_fields("Expect: 100-continue\r\nContent-Length: 0\r\n")).expect_continue);
  CHECK_FALSE(parse(with_fields("Expect: 100-continue\r\n")).expect_continue);
  CHECK_FALSE(
      parse(with_host("POST / HTTP/1.0", "Expect: x\r\nContent-Length: 5\r\n")).expect_continue);
  check_refused(with_fields("Expect: y 100-continue\r\n"), ErrorCode::ExpectationFailed);
  check_refused(with_fields("Expect:\r\n"), ErrorCode::ExpectationFailed);
  check_refused(with_fields("Expect: 100-continue\r\nExpect: 100-continue\r\n"),
                ErrorCode::ExpectationFailed);
}

TEST_CASE("an upgrade is seen only when Connection names it, once and in HTTP/1.1", "[wire]") {
  const auto [version, fields, upgrade] = GENERATE(table<const char*, const char*, const char*>({
      {"1.1", "Connection: x, Upgrade\r\nUpgrade: WebSocket\r\n", "WebSocket"},
      {"1.1", "Upgrade: websocket\r\n", ""},
      {"1.1", "Connection: Upgrade\r\n", ""},
      {"1.1", "Connection: Upgrade\r\nUpgrade: h2c\r\nUpgrade: websocket\r\n", ""},
      {"1.0", "Connection: Upgrade\r\nUpgrade: websocket\r\n", ""},
  }));
  CAPTURE(version, fields);
  const std::string bytes = with_host("GET / HTTP/" + std::string(version), fields);
  CHECK(parse(bytes).upgrade == upgrade);
}

TEST_CASE("a client says that it takes trailers", "[wire]") {
  CHECK(parse(with_fields("TE: gzip;q=1, Trailers\r\n")).accepts_trailers);
  CHECK_FALSE(parse(with_fields("TE: trailersx\r\n")).accepts_trailers);
  CHECK_FALSE(parse(with_fields("X-TE: trailers\r\n")).accepts_trailers);
}

}  // namespace llmsnap::wire
