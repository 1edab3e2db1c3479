// Peers behind an HTTP proxy that the environment names, and who is asked without it.
#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "catch.h"
#include "support/contains.h"
#include "support/http_proxy.h"
#include "support/scripted_upstream.h"
#include "support/system_certificates.h"
#include "support/test_gateway.h"
#include "support/tls_end.h"

using namespace llmsnap;
using namespace llmsnap::test;

namespace {

/// A name that only the proxy can make something of.
const std::string Name = "box.test";

/// A peer with the model `m`.
Config config_with_peer(const std::string& url) {
  PeerConfig peer;
  peer.id = "box";
  peer.proxy = url;
  peer.models = {"m"};
  Config config;
  config.peers["box"] = peer;
  return config;
}

TestGateway gateway_behind(const std::string& proxy, Config config,
                           const std::string& no_proxy = {}) {
  return TestGateway(std::move(config), {}, {proxy, proxy, no_proxy});
}

/// Is a gateway with no models, and answers chats so.
ScriptedUpstream::Script a_peer(const std::string& answer) {
  return [answer](TestSocket& client, const std::string& head, const std::string&) {
    const bool running = head.starts_with("GET /running ");
    return client.send(running                    ? plain_answer(R"({"running":[]})")
                       : head.starts_with("GET ") ? plain_answer(R"({"data":[{"id":"m"}]})")
                                                  : answer);
  };
}

std::string named(const std::vector<std::string>& requests, std::string_view beginning) {
  const auto found = std::find_if(
      requests.begin(), requests.end(),
      [beginning](const std::string& request) { return request.starts_with(beginning); });
  return found == requests.end() ? "(none)" : *found;
}

void check_logs_without(TestGateway& gateway, std::string_view secret) {
  for (const std::string& line : gateway.log_lines()) {
    CHECK_FALSE(contains(line, secret));
  }
}

}  // namespace

TEST_CASE("a peer at http:// is asked through the proxy in absolute form", "[peers]") {
  ScriptedUpstream peer(a_peer(plain_answer("yes")));
  HttpProxy proxy(peer.port());
  TestGateway gateway = gateway_behind("http://us:sesame@" + proxy.address(),
                                       config_with_peer("http://" + Name + ":5800/base"));
  for (int i = 0; i < 3; ++i) {
    const ReceivedAnswer answer = exchange(gateway.port(), chat_request());
    CHECK(answer.status == 200);
    CHECK(answer.body == "yes");
  }
  const std::string asked = named(proxy.received(), "POST ");
  CHECK(asked.starts_with("POST http://box.test:5800/base/v1/chat/completions HTTP/1.1\r\n"));
  CHECK(contains(asked, "\r\nHost: box.test:5800\r\n"));
  CHECK(contains(asked, "\r\nProxy-Authorization: Basic dXM6c2VzYW1l\r\n"));
  const std::string sent = named(peer.received(), "POST ");
  CHECK(sent.starts_with("POST /base/v1/chat/completions HTTP/1.1\r\n"));
  check_logs_without(gateway, "sesame");
}

TEST_CASE("the watch of peers goes through the proxy too, and connections are used again",
          "[peers]") {
  ScriptedUpstream peer(a_peer(plain_answer("yes")));
  HttpProxy proxy(peer.port());
  Config config = config_with_peer("http://" + Name);
  config.io_threads = 1;
  TestGateway gateway = gateway_behind(proxy.address(), std::move(config));
  REQUIRE(peer.wait_for_requests(2));
  CHECK(named(proxy.received(), "GET http://box.test/running HTTP/1.1\r\n") != "(none)");
  CHECK(named(proxy.received(), "GET http://box.test/v1/models HTTP/1.1\r\n") != "(none)");
  CHECK(proxy.connections() == 1);
}

TEST_CASE("a peer at https:// is asked through a tunnel, in which TLS is with the peer",
          "[peers]") {
  const SelfSigned certificate("DNS:" + Name);
  const SystemCertificates trusted(certificate.certificate_file());
  ScriptedUpstream peer(a_peer(plain_answer("over TLS")));
  const TlsFront front(certificate, peer.port());
  HttpProxy proxy(front.port());
  Config config = config_with_peer("https://" + Name);
  config.io_threads = 1;
  TestGateway gateway = gateway_behind("us:sesame@" + proxy.address(), std::move(config));
  REQUIRE(peer.wait_for_requests(2));  // of the watch
  for (int i = 0; i < 3; ++i) {
    const ReceivedAnswer answer = exchange(gateway.port(), chat_request());
    INFO(answer.body);
    CHECK(answer.status == 200);
    CHECK(answer.body == "over TLS");
  }
  CHECK(front.handshakes() <= 2);  // the watch's last answer may still be on its way to the pool
  for (const std::string& asked : proxy.received()) {
    CHECK(asked ==
          "CONNECT box.test:443 HTTP/1.1\r\nHost: box.test:443\r\n"
          "Proxy-Authorization: Basic dXM6c2VzYW1l\r\n\r\n");
  }
  for (const std::string& sent : peer.received()) {
    CHECK_FALSE(contains(sent, "Proxy-"));
  }
  check_logs_without(gateway, "sesame");
}

TEST_CASE("the certificate behind a tunnel is checked for the peer's name", "[peers]") {
  const SelfSigned certificate("DNS:other.test");
  const SystemCertificates trusted(certificate.certificate_file());
  ScriptedUpstream peer(a_peer(plain_answer("{}")));
  const TlsFront front(certificate, peer.port());
  HttpProxy proxy(front.port());
  TestGateway gateway = gateway_behind(proxy.address(), config_with_peer("https://" + Name));
  const ReceivedAnswer answer = exchange(gateway.port(), chat_request());
  CHECK(answer.status == 502);
  CHECK(contains(answer.body, "reach https://box.test through the proxy http://127.0.0.1"));
  CHECK(contains(answer.body, "mismatch"));
  CHECK(peer.received().empty());
}

TEST_CASE("NO_PROXY and our own models are asked directly", "[peers]") {
  ScriptedUpstream server(a_peer(plain_answer("directly")));
  HttpProxy proxy(plain_answer("by way of the proxy"));
  // An address of this machine that is no loopback one.
  const std::string url = "http://0.0.0.0:" + std::to_string(server.port());
  const auto body_with = [&](Config config, const std::string& no_proxy) {
    TestGateway gateway = gateway_behind(proxy.address(), std::move(config), no_proxy);
    return exchange(gateway.port(), chat_request()).body;
  };
  CHECK(body_with(config_with_peer(url), "") == "by way of the proxy");
  CHECK(body_with(config_with_peer(url), "0.0.0.0/8") == "directly");
  CHECK(body_with(config_for(url), "") == "directly");
  CHECK(body_with(config_with_peer(server.url()), "") == "directly");
}

TEST_CASE("what a proxy refuses is a 502 that says so", "[peers]") {
  const std::string refusal =
      "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n"
      "Content-Length: 0\r\n\r\n";
  HttpProxy proxy(refusal);
  const std::string scheme = GENERATE("http://", "https://");
  TestGateway gateway =
      gateway_behind("us:sesame@" + proxy.address(), config_with_peer(scheme + Name));
  const ReceivedAnswer answer = exchange(gateway.port(), chat_request());
  CHECK(answer.status == 502);
  CHECK(contains(answer.body,
                 "reach " + scheme + "box.test through the proxy http://" + proxy.address()));
  CHECK(contains(answer.body, "407"));
  CHECK_FALSE(contains(answer.head, "Proxy-Authenticate"));
  CHECK_FALSE(contains(answer.body, "sesame"));
  check_logs_without(gateway, "sesame");
}

TEST_CASE("a proxy that says something strange or nothing is no way to a peer", "[peers]") {
  struct Row {
    std::string said;
    int status;
    std::string told;
  };
  const Row row = GENERATE(values<Row>({
      {"HTTP/1.1 200 x\r\n\r\nand more", 502, "it sent more than an answer to CONNECT"},
      {"HTTP/1.1 302 x\r\nLocation: /\r\nContent-Length: 0\r\n\r\n", 502, "with status 302"},
      {"SSH-2.0\r\n\r\n", 502, "read the answer of http://127.0.0.1"},
      {"", 504, "read the answer of http://127.0.0.1"},
  }));
  ScriptedUpstream proxy(row.said.empty() ? silent_after("") : always(row.said));
  Config config = config_with_peer("https://" + Name);
  config.peers.at("box").timeouts.connect = std::chrono::milliseconds(row.said.empty() ? 200 : 0);
  TestGateway gateway =
      gateway_behind("127.0.0.1:" + std::to_string(proxy.port()), std::move(config));
  const ReceivedAnswer answer = exchange(gateway.port(), chat_request());
  INFO(answer.body);
  CHECK(answer.status == row.status);
  CHECK(contains(answer.body, row.told));
}

TEST_CASE("where the environment names a proxy that cannot be used, nobody is asked without it",
          "[peers]") {
  ScriptedUpstream server(a_peer(plain_answer("directly")));
  TestGateway gateway =
      gateway_behind("socks5://us:sesame@127.0.0.1:1080",
                     config_with_peer("http://0.0.0.0:" + std::to_string(server.port())));
  const ReceivedAnswer answer = exchange(gateway.port(), chat_request());
  CHECK(answer.status == 502);
  CHECK(contains(answer.body, "HTTP_PROXY names a proxy of another kind than http://"));
  CHECK(gateway.wait_for_line("peer box: reach http://0.0.0.0"));
  CHECK(server.received().empty());
  check_logs_without(gateway, "sesame");
}

TEST_CASE("a proxy that nobody runs is named beside the peer", "[peers]") {
  std::uint16_t port = 0;
  {
    const UniqueFd listener = loopback_listener();
    port = port_of(listener);
  }
  const std::string proxy = "127.0.0.1:" + std::to_string(port);
  TestGateway gateway = gateway_behind(proxy, config_with_peer("http://" + Name));
  const ReceivedAnswer answer = exchange(gateway.port(), chat_request());
  CHECK(answer.status == 502);
  CHECK(contains(answer.body, "reach http://box.test through the proxy http://" + proxy));
}

TEST_CASE("a proxy that breaks off is named beside the peer, whatever the peer's scheme",
          "[peers]") {
  ScriptedUpstream proxy([](TestSocket&, const std::string&, const std::string&) { return false; });
  const std::string scheme = GENERATE("http://", "https://");
  TestGateway gateway =
      gateway_behind("127.0.0.1:" + std::to_string(proxy.port()), config_with_peer(scheme + Name));
  const ReceivedAnswer answer = exchange(gateway.port(), chat_request());
  CHECK(answer.status == 502);
  CHECK(contains(answer.body, "reach " + scheme + "box.test through the proxy " + proxy.url()));
}
