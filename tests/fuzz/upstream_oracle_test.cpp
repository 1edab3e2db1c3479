#include "fuzz/upstream_oracle.h"

#include "catch.h"

using namespace llmsnap::test;

namespace {

constexpr const char* Ours =
    "X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Host: LocalHost:1\r\nX-Forwarded-Proto: http\r\n"
    "Via: 1.1 llmsnapd\r\n";

std::string head_with(const std::string& lines) {
  return "POST /x HTTP/1.1\r\nHost: localhost:1\r\n" + lines + "\r\n";
}

}  // namespace

TEST_CASE("the oracle accepts what the gateway writes by itself", "[fuzz]") {
  CHECK_FALSE(fault_of_forwarded(head_with(Ours)));
  CHECK_FALSE(fault_of_forwarded(head_with(std::string(Ours) + "X-Forwarder: me\r\nX: y\r\n")));
}

TEST_CASE("the oracle finds what must not reach a model's server", "[fuzz]") {
  const std::string line =
      GENERATE("Authorization: Bearer k", "Proxy-Authorization: Basic k", "proxy_authorization: k",
               "X-Api-Key: k", "x_api_key: k", "Expect: 100-continue", "Keep-Alive: 1",
               "Forwarded: for=a", "X-Forwarded-Port: 1", "x_forwarded_port: 1", "Host: other",
               "Bad Name: x", "Content-Length: 1\r\nTransfer-Encoding: chunked");
  CHECK(fault_of_forwarded(head_with(Ours + line + "\r\n")));
}

TEST_CASE("the oracle finds X-Forwarded fields that are not the gateway's own", "[fuzz]") {
  const std::string line =
      GENERATE("X-Forwarded-For: 192.0.2.1", "X-Forwarded-For: 192.0.2.1, 127.0.0.1",
               "X-Forwarded-Host: other", "X-Forwarded-Proto: https",
               "X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-For: 127.0.0.1",
               "X-Forwarded-For: 127.0.0.1\r\nX_Forwarded_For: 127.0.0.1");
  CHECK(fault_of_forwarded(head_with(line + "\r\n")));
}
