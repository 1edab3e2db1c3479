// Model servers over TLS, on Unix sockets and by name: reached, trusted or not, and kept connected.
#include <netdb.h>

#include <algorithm>
#include <vector>

#include "catch.h"
#include "support/contains.h"
#include "support/scripted_upstream.h"
#include "support/system_certificates.h"
#include "support/temporary_folder.h"
#include "support/test_gateway.h"
#include "support/tls_end.h"

using namespace llmsnap;
using namespace llmsnap::test;

namespace {

std::string https_url(const std::string& host, std::uint16_t port) {
  return "https://" + host + ":" + std::to_string(port);
}

/// Statuses of `count` chat requests on one client connection.
std::vector<int> statuses(TestGateway& gateway, int count, const std::string& request) {
  TestSocket client = TestSocket::connect(gateway.port());
  std::vector<int> seen;
  for (int i = 0; i < count; ++i) {
    client.send(request);
    seen.push_back(receive_answer(client).status);
  }
  return seen;
}

/// The families of the addresses of `localhost`, in the order in which they are tried.
std::vector<int> families_of_localhost() {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  std::vector<int> families;
  if (::getaddrinfo("localhost", nullptr, &hints, &found) == 0) {
    for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
      families.push_back(at->ai_family);
    }
    ::freeaddrinfo(found);
  }
  return families;
}

}  // namespace

TEST_CASE("a server gets the key of its model, and never a client's", "[upstreams]") {
  ScriptedUpstream upstream(always(plain_answer("{}")));
  Config config = config_for(upstream.url());
  config.models.at("m").api_key = "its-own";
  TestGateway gateway(config);
  const std::string request =
      chat_request(R"({"model":"m"})", "Authorization: Bearer clients\r\nx-api-key: clients\r\n");
  CHECK(exchange(gateway.port(), request).status == 200);
  const std::string received = upstream.received().back();
  CHECK(contains(received, "Authorization: Bearer its-own\r\nX-Api-Key: its-own\r\n"));
  CHECK_FALSE(contains(received, "clients"));
}

TEST_CASE("a model behind TLS is reached, and its connection is used again", "[upstreams]") {
  const std::string host = GENERATE("localhost", "127.0.0.1");
  const SelfSigned certificate;
  const SystemCertificates trusted(certificate.certificate_file());
  ScriptedUpstream upstream(always(plain_answer("over TLS")));
  const TlsFront front(certificate, upstream.port());
  TestGateway gateway(config_for(https_url(host, front.port())));
  CHECK(statuses(gateway, 3, chat_request()) == std::vector<int>{200, 200, 200});
  CHECK(front.handshakes() == 1);
  CHECK(upstream.connections() == 1);
}

TEST_CASE("large bodies survive TLS to a model both ways", "[upstreams]") {
  const SelfSigned certificate;
  const SystemCertificates trusted(certificate.certificate_file());
  ScriptedUpstream upstream([](TestSocket& client, const std::string&, const std::string& body) {
    return client.send(plain_answer(body));
  });
  const TlsFront front(certificate, upstream.port());
  TestGateway gateway(config_for(https_url("localhost", front.port())));
  std::string body = R"({"model":"m","x":")";
  for (int i = 0; body.size() < (3U << 20); ++i) {
    body += std::to_string(i);
  }
  body += "\"}";
  const ReceivedAnswer answer = exchange(gateway.port(), chat_request(body));
  CHECK(answer.status == 200);
  CHECK(answer.body == body);
}

TEST_CASE("a model with a certificate that nobody vouches for is a 502 that says why",
          "[upstreams][F08]") {
  const SelfSigned certificate;
  const SelfSigned other;
  const SystemCertificates trusted(other.certificate_file());
  ScriptedUpstream upstream(always(plain_answer("{}")));
  const TlsFront front(certificate, upstream.port());
  TestGateway gateway(config_for(https_url("localhost", front.port())));
  const ReceivedAnswer answer = exchange(gateway.port(), chat_request());
  CHECK(answer.status == 502);
  CHECK(answer.body.find("TLS handshake with localhost") != std::string::npos);
  CHECK(answer.body.find("certificate") != std::string::npos);
  CHECK(upstream.received().empty());
}

TEST_CASE("a model with another server's certificate is a 502 that says why", "[upstreams][F08]") {
  const SelfSigned certificate;  // for localhost and 127.0.0.1
  const SystemCertificates trusted(certificate.certificate_file());
  ScriptedUpstream upstream(always(plain_answer("{}")));
  const TlsFront front(certificate, upstream.port(), "::1");
  TestGateway gateway(config_for(https_url("[::1]", front.port())));
  const ReceivedAnswer answer = exchange(gateway.port(), chat_request());
  CHECK(answer.status == 502);
  CHECK(answer.body.find("mismatch") != std::string::npos);
  CHECK(upstream.received().empty());
}

TEST_CASE("a model that speaks no TLS where it was configured is a 502", "[upstreams][F08]") {
  const SelfSigned certificate;
  const SystemCertificates trusted(certificate.certificate_file());
  ScriptedUpstream upstream([](TestSocket& client, const std::string&, const std::string&) {
    return client.send(plain_answer("{}"));
  });
  Config config = config_for(https_url("127.0.0.1", upstream.port()));
  config.models.at("m").timeouts.connect = std::chrono::milliseconds(200);
  TestGateway gateway(std::move(config));
  const int status = exchange(gateway.port(), chat_request()).status;
  CHECK((status == 502 || status == 504));
  CHECK(upstream.received().empty());
}

TEST_CASE("a TLS handshake that is not answered ends after timeouts.tlsHandshake", "[upstreams]") {
  const SelfSigned certificate;
  const SystemCertificates trusted(certificate.certificate_file());
  const UniqueFd listener = loopback_listener();  // the kernel accepts, nobody answers
  Config config = config_for(https_url("127.0.0.1", port_of(listener)));
  config.models.at("m").timeouts.connect = std::chrono::minutes(10);
  config.models.at("m").timeouts.tls_handshake = std::chrono::milliseconds(100);
  TestGateway gateway(std::move(config));
  const ReceivedAnswer answer = exchange(gateway.port(), chat_request());
  CHECK(answer.status == 504);
  CHECK(answer.body.find("TLS handshake") != std::string::npos);
}

TEST_CASE("a model on a Unix socket is reached, and its connection is used again", "[upstreams]") {
  const TemporaryFolder folder;
  const std::string path = folder.path("model");
  ScriptedUpstream upstream(always(plain_answer("by path")), unix_listener(path));
  const std::string spelling = GENERATE("unix:", "unix://");
  TestGateway gateway(config_for(spelling + path));
  CHECK(statuses(gateway, 3, chat_request()) == std::vector<int>{200, 200, 200});
  CHECK(upstream.connections() == 1);
  REQUIRE(upstream.received().size() == 3);
  CHECK(upstream.received()[0].find("\r\nHost: localhost\r\n") != std::string::npos);
}

TEST_CASE("a Unix socket where nobody listens is a 502 that names it", "[upstreams]") {
  const TemporaryFolder folder;
  const std::string path = folder.path("nobody");
  TestGateway gateway(config_for("unix:" + path));
  const ReceivedAnswer answer = exchange(gateway.port(), chat_request());
  CHECK(answer.status == 502);
  CHECK(answer.body.find(path) != std::string::npos);
}

TEST_CASE("a model named localhost is found on whichever of its addresses it listens",
          "[upstreams]") {
  const std::string host = GENERATE("127.0.0.1", "::1");
  const std::vector<int> families = families_of_localhost();
  const int family = host == "::1" ? AF_INET6 : AF_INET;
  if (std::find(families.begin(), families.end(), family) == families.end()) {
    WARN("localhost has no address " << host << " on this machine");
    return;
  }
  ScriptedUpstream upstream(always(plain_answer("{}")), loopback_listener(host));
  TestGateway gateway(config_for("http://localhost:" + std::to_string(upstream.port())));
  CHECK(statuses(gateway, 3, chat_request()) == std::vector<int>{200, 200, 200});
  CHECK(upstream.connections() == 1);
}

TEST_CASE("a model whose host has no address is a 502 that names it", "[upstreams]") {
  TestGateway gateway(config_for("http://no-such-host.invalid:1"));
  const ReceivedAnswer answer = exchange(gateway.port(), chat_request());
  CHECK(answer.status == 502);
  CHECK(answer.body.find("no-such-host.invalid") != std::string::npos);
}
