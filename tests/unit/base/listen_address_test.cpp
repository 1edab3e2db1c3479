#include "base/listen_address.h"

#include "catch.h"

namespace llmsnap {
namespace {

TEST_CASE("listen addresses are read and written alike", "[base]") {
  struct Row {
    std::string in;
    std::string host;
    int port;
    std::string out;
    bool loopback;
  };
  const Row row = GENERATE(values<Row>({
      {"127.0.0.1:8080", "127.0.0.1", 8080, "127.0.0.1:8080", true},
      {"localhost:1", "localhost", 1, "localhost:1", true},
      {":8080", "", 8080, ":8080", false},
      {"8080", "", 8080, ":8080", false},
      {"0.0.0.0:65535", "0.0.0.0", 65535, "0.0.0.0:65535", false},
      {"[::1]:0", "::1", 0, "[::1]:0", true},
      {"[::]:8080", "::", 8080, "[::]:8080", false},
      {"my-box_1.lan:80", "my-box_1.lan", 80, "my-box_1.lan:80", false},
  }));
  const auto address = parse_listen(row.in);
  REQUIRE(address);
  CHECK(address->kind == ListenAddress::Kind::Tcp);
  CHECK(address->host == row.host);
  CHECK(address->port == row.port);
  CHECK(address->text() == row.out);
  CHECK(address->is_loopback() == row.loopback);
}

TEST_CASE("a Unix socket is named by its path", "[base]") {
  const auto address = parse_listen("unix:/run/a:b.sock");
  REQUIRE(address);
  CHECK(address->kind == ListenAddress::Kind::Unix);
  CHECK(address->path == "/run/a:b.sock");
  CHECK(address->text() == "unix:/run/a:b.sock");
  CHECK(address->is_loopback());
}

TEST_CASE("a listen address that cannot be is refused with its text", "[base]") {
  const std::string bad =
      GENERATE(as<std::string>(), "", ":", "localhost", "localhost:", "::1:8080", "[::1]", "[::1",
               "[]:80", "[host]:80", "a:65536", "a:-1", "a:+1", "a:80x", "http://a:80", "a b:80",
               "unix:", "unix:" + std::string(200, 'x'), "a\n:80");
  const auto address = parse_listen(bad);
  REQUIRE_FALSE(address);
  CHECK(address.error().code == ErrorCode::InvalidConfig);
  CHECK(address.error().message.find('\n') == std::string::npos);
}

}  // namespace
}  // namespace llmsnap
