#include "base/url.h"

#include "catch.h"

namespace llmsnap {
namespace {

using Scheme = Url::Scheme;

TEST_CASE("URLs of servers are taken apart", "[base]") {
  struct Row {
    std::string text;
    Url url;
    std::string authority;
  };
  const Row row = GENERATE(values<Row>({
      {"http://localhost:9001", {Scheme::Http, "localhost", 9001, "", ""}, "localhost:9001"},
      {"http://localhost", {Scheme::Http, "localhost", 80, "", ""}, "localhost"},
      {"HTTP://Host:80/", {Scheme::Http, "Host", 80, "", ""}, "Host"},
      {"https://a.example/x/y/", {Scheme::Https, "a.example", 443, "", "/x/y"}, "a.example"},
      {"https://a.example:80", {Scheme::Https, "a.example", 80, "", ""}, "a.example:80"},
      {"http://[::1]:9001/v1", {Scheme::Http, "::1", 9001, "", "/v1"}, "[::1]:9001"},
      {"https://[fd00::1]", {Scheme::Https, "fd00::1", 443, "", ""}, "[fd00::1]"},
      {"unix:/run/a.sock", {Scheme::Unix, "", 80, "/run/a.sock", ""}, "localhost"},
      {"unix:///run/a.sock", {Scheme::Unix, "", 80, "/run/a.sock", ""}, "localhost"},
      {"http+unix://%2Frun%2fa.sock", {Scheme::Unix, "", 80, "/run/a.sock", ""}, "localhost"},
      {"http+unix://%2Frun%2Fa/b", {Scheme::Unix, "", 80, "/run/a", "/b"}, "localhost"},
  }));
  const auto url = parse_url(row.text);
  INFO(row.text);
  REQUIRE(url);
  CHECK(*url == row.url);
  CHECK(url->authority() == row.authority);
}

TEST_CASE("host and port of a URL can be had with the usual port too", "[base]") {
  CHECK(parse_url("https://a.example")->host_and_port() == "a.example:443");
  CHECK(parse_url("http://[::1]")->host_and_port() == "[::1]:80");
}

TEST_CASE("a URL that cannot be, or says too much, is refused", "[base]") {
  const std::string bad = GENERATE(
      as<std::string>(), "", "localhost:80", "ftp://a", "http://", "http:///x", "http://:80",
      "http://a:", "http://a:0", "http://a:65536", "http://a:x", "http://a:80:80", "http://a b",
      "http://a/?q=1", "http://a/#f", "http://a?q", "http://user@a", "http://user:pass@a/",
      "http://a/b c", "http://a/\n", "http://[::1", "http://[::1]x", "http://[a]", "http://a\r\nb",
      "unix:", "unix:run/a", "unix://host/a", "http+unix://", "http+unix://%2", "http+unix://%zz",
      "http+unix://a", "unix:/" + std::string(200, 'x'), "http://${PORT}");
  INFO(bad);
  const auto url = parse_url(bad);
  REQUIRE_FALSE(url);
  CHECK(url.error().code == ErrorCode::InvalidConfig);
}

TEST_CASE("a password in a URL does not get into the message", "[base]") {
  const auto url = parse_url("http://user:sesame@host/");
  REQUIRE_FALSE(url);
  CHECK(url.error().message.find("sesame") == std::string::npos);
}

}  // namespace
}  // namespace llmsnap
