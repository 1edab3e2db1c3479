#include "api/trusted_proxies.h"

#include "catch.h"

namespace llmsnap::api {
namespace {

std::string client(std::string_view connected, wire::Fields fields) {
  return TrustedProxies({"10.0.0.0/8", "127.0.0.1"}).client_of(connected, fields);
}

TEST_CASE("who is connected is the client, whatever it says of others", "[api][N13]") {
  CHECK(client("192.0.2.1", {{"X-Forwarded-For", "198.51.100.7"}}) == "192.0.2.1");
  CHECK(client("", {{"X-Forwarded-For", "198.51.100.7"}}).empty());
}

TEST_CASE("behind proxies of ours the client is the last address that is none of them",
          "[api][N13]") {
  CHECK(client("127.0.0.1", {{"X-Forwarded-For", "198.51.100.7"}}) == "198.51.100.7");
  CHECK(client("127.0.0.1", {{"X-Forwarded-For", "1.2.3.4, 198.51.100.7 , 10.1.1.1"}}) ==
        "198.51.100.7");
  CHECK(client("127.0.0.1", {{"x-forwarded-for", "198.51.100.7"},
                             {"X-Forwarded-For", "10.1.1.1"}}) == "198.51.100.7");
  CHECK(client("10.9.9.9", {{"X-Forwarded-For", "2001:db8::1"}}) == "2001:db8::1");
}

TEST_CASE("what is no address is not believed", "[api][N13]") {
  CHECK(client("127.0.0.1", {{"X-Forwarded-For", "evil\""}}) == "127.0.0.1");
  CHECK(client("127.0.0.1", {{"X-Forwarded-For", "198.51.100.7, unknown"}}) == "127.0.0.1");
  CHECK(client("127.0.0.1", {{"X-Forwarded-For", "10.0.0.9, 10.0.0.1"}}) == "10.0.0.9");
  CHECK(client("127.0.0.1", {}) == "127.0.0.1");
  CHECK(client("127.0.0.1", {{"X-Real-IP", "198.51.100.7"}}) == "198.51.100.7");
  CHECK(client("127.0.0.1", {{"X-Real-IP", "x"}}) == "127.0.0.1");
}

}  // namespace
}  // namespace llmsnap::api
