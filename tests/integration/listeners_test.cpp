// The listeners, each used by a real curl.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <thread>

#include "catch.h"
#include "io/sanitizer.h"
#include "support/address_space_limit.h"
#include "support/scripted_upstream.h"
#include "support/self_signed.h"
#include "support/temporary_folder.h"
#include "support/test_gateway.h"

using namespace llmsnap;
using namespace llmsnap::test;

namespace {

/// What curl prints for these arguments.
std::string curl(const std::string& arguments) {
  std::string output;
  FILE* pipe = ::popen(("curl -sS --max-time 20 " + arguments + " 2>&1").c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::array<char, 4096> buffer{};
  for (std::size_t got = 0; (got = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
    output.append(buffer.data(), got);
  }
  ::pclose(pipe);
  return output;
}

}  // namespace

TEST_CASE("curl talks to IPv4, IPv6 and Unix listeners of one server", "[listeners]") {
  ScriptedUpstream upstream(always(plain_answer("{\"done\":true}")));
  TestGateway gateway(config_for(upstream.url()));
  const Result<Address> six = gateway.server().listen("[::1]:0");
  REQUIRE(six);
  const TemporaryFolder folder;
  const std::string path = folder.path("listener");
  REQUIRE(gateway.server().listen("unix:" + path));
  const std::string chat = "/v1/chat/completions -d '{\"model\":\"m\"}'";
  CHECK(curl("http://127.0.0.1:" + std::to_string(gateway.port()) + chat) == "{\"done\":true}");
  CHECK(curl("http://" + six->text + chat) == "{\"done\":true}");
  CHECK(curl("--unix-socket " + path + " http://localhost" + chat) == "{\"done\":true}");
  gateway.server().stop();
  CHECK(::access(path.c_str(), F_OK) != 0);
}

TEST_CASE("curl talks TLS, and a large body survives it both ways", "[listeners]") {
  const SelfSigned certificate;
  const std::string large(3 << 20, 'l');
  ScriptedUpstream upstream([&](TestSocket& client, const std::string&, const std::string& body) {
    return client.send(plain_answer(body.size() > 1000 ? large : "small"));
  });
  HttpServerOptions options;
  options.tls = TlsFiles{certificate.certificate_file(), certificate.key_file()};
  TestGateway gateway(config_for(upstream.url()), options);
  const std::string base = "--cacert " + certificate.certificate_file() +
                           " https://localhost:" + std::to_string(gateway.port());
  CHECK(curl(base + "/health") == "OK");
  CHECK(curl(base + "/health " + base.substr(base.find("https")) + "/health") == "OKOK");
  CHECK(curl("-k -d '{\"model\":\"m\"}' https://127.0.0.1:" + std::to_string(gateway.port()) +
             "/v1/chat/completions") == "small");
  const std::string upload =
      "head -c 2000000 /dev/zero | tr '\\0' u | curl -sS --max-time 20 --data-binary @- -H "
      "'Content-Type: text/plain' -o /dev/stdout --cacert " +
      certificate.certificate_file() + " https://localhost:" + std::to_string(gateway.port()) +
      "/upstream/m/x | wc -c";
  FILE* pipe = ::popen(upload.c_str(), "r");
  REQUIRE(pipe != nullptr);
  unsigned long count = 0;
  CHECK(std::fscanf(pipe, "%lu", &count) == 1);
  ::pclose(pipe);
  CHECK(count == large.size());
}

TEST_CASE("an idle TLS client does not hold up a stop", "[listeners]") {
  const SelfSigned certificate;
  HttpServerOptions options;
  options.tls = TlsFiles{certificate.certificate_file(), certificate.key_file()};
  Config config = config_for("http://127.0.0.1:1");
  config.limits.head_timeout = std::chrono::seconds(120);
  config.shutdown_timeout = std::chrono::seconds(60);
  TestGateway gateway(std::move(config), options);
  const std::string client =
      "openssl s_client -quiet -connect 127.0.0.1:" + std::to_string(gateway.port()) +
      " >/dev/null 2>&1";
  FILE* pipe = ::popen(client.c_str(), "w");
  REQUIRE(pipe != nullptr);
  std::fputs("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n", pipe);
  std::fflush(pipe);
  REQUIRE(gateway.wait_for_records(1).size() == 1);
  const auto begin = std::chrono::steady_clock::now();
  gateway.server().stop();
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(20));
  ::pclose(pipe);
}

TEST_CASE("plain HTTP on a TLS port is turned away and harms nobody", "[listeners]") {
  const SelfSigned certificate;
  HttpServerOptions options;
  options.tls = TlsFiles{certificate.certificate_file(), certificate.key_file()};
  TestGateway gateway(config_for("http://127.0.0.1:1"), options);
  TestSocket client = TestSocket::connect(gateway.port());
  client.send("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(client.closes_within(std::chrono::milliseconds(Patience)));
  CHECK(curl("-k https://127.0.0.1:" + std::to_string(gateway.port()) + "/health") == "OK");
}

TEST_CASE("a TLS certificate that cannot be read is an error of listen", "[listeners]") {
  Gateway gateway(config_for("http://127.0.0.1:1"), watched_options());
  HttpServerOptions options;
  options.tls = TlsFiles{"/nonexistent/cert.pem", "/nonexistent/key.pem"};
  HttpServer server(gateway, options);
  const Result<Address> address = server.listen("127.0.0.1:0");
  REQUIRE_FALSE(address);
  CHECK(address.error().message.find("/nonexistent/cert.pem") != std::string::npos);
}

TEST_CASE("connections beyond the limit are told so and closed, and places become free again",
          "[listeners]") {
  Config config = config_for("http://127.0.0.1:1");
  config.limits.connections = 3;
  TestGateway gateway(std::move(config));
  const std::string health = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n";
  std::array<TestSocket, 3> clients;
  for (TestSocket& client : clients) {
    client = TestSocket::connect(gateway.port());
    client.send(health);
    CHECK(receive_answer(client).status == 200);
  }
  TestSocket one_too_many = TestSocket::connect(gateway.port());
  const ReceivedAnswer refusal = receive_answer(one_too_many);
  CHECK(refusal.status == 503);
  CHECK(refusal.field("content-type") == "application/json");
  CHECK(refusal.field("date") != "(none)");
  CHECK(refusal.field("retry-after") != "(none)");
  CHECK(refusal.field("connection") == "close");
  CHECK(one_too_many.closes_within(std::chrono::milliseconds(Patience)));
  clients[0].close();
  int status = 0;
  for (const auto deadline = std::chrono::steady_clock::now() + Patience;
       status != 200 && std::chrono::steady_clock::now() < deadline;) {
    status = exchange(gateway.port(), health).status;
  }
  CHECK(status == 200);
  const std::vector<TrafficRecord> records = gateway.wait_for_records(5);
  const auto refused =
      std::find_if(records.begin(), records.end(),
                   [](const TrafficRecord& record) { return record.status == 503; });
  REQUIRE(refused != records.end());
  CHECK(refused->id == refusal.field("x-request-id"));
  CHECK(refused->outcome == Outcome::Refused);
  CHECK(refused->client == "127.0.0.1");
  CHECK(refused->response_bytes == refusal.body.size());
  const std::vector<std::string> lines = gateway.log_lines();
  CHECK(std::any_of(lines.begin(), lines.end(), [](const std::string& line) {
    return line.starts_with("connections turned away, limits.connections is reached: ");
  }));
}

TEST_CASE("every connection over the limit is counted in the log, and soon", "[listeners]") {
  Config config = config_for("http://127.0.0.1:1");
  config.limits.connections = 1;
  TestGateway gateway(config);
  static constexpr std::string_view Request = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n";
  const TestSocket first = TestSocket::connect(gateway.port());
  constexpr std::uint64_t TooMany = 50;
  for (std::uint64_t i = 0; i < TooMany; ++i) {
    CHECK(exchange(gateway.port(), Request).status == 503);
  }
  const auto counted = [&gateway] {
    static constexpr std::string_view Begin =
        "connections turned away, limits.connections is reached: ";
    std::uint64_t sum = 0;
    for (const std::string& line : gateway.log_lines()) {
      sum += line.starts_with(Begin) ? std::stoull(line.substr(Begin.size())) : 0;
    }
    return sum;
  };
  for (const auto deadline = std::chrono::steady_clock::now() + Patience;
       counted() < TooMany && std::chrono::steady_clock::now() < deadline;) {
    std::this_thread::yield();
  }
  CHECK(counted() == TooMany);
}

TEST_CASE("without memory for a stack a connection is turned away, and the gateway goes on",
          "[listeners]") {
  if (io::SanitizersActive) {
    return;  // they need address space of their own
  }
  ScriptedUpstream upstream(always(plain_answer("{}")));
  TestGateway gateway(config_for(upstream.url()));
  static constexpr std::string_view Request = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n";
  TestSocket client = TestSocket::connect(gateway.port());
  ReceivedAnswer refusal;
  {
    const AddressSpaceLimit limit(200 * 1024);  // a stack needs more
    client.send(Request);
    refusal = receive_answer(client);
    CHECK(refusal.status == 503);
    CHECK(client.receive().empty());
    CHECK(gateway.gateway().handle({}).status() == 503);
  }
  CHECK(gateway.wait_for_line(
      "requests turned away, there is no memory for their stacks (a limit on address space, or "
      "vm.max_map_count; limits.connections bounds the need): 1"));
  const std::vector<TrafficRecord> records = gateway.wait_for_records(2);
  const auto refused =
      std::find_if(records.begin(), records.end(), [&refusal](const TrafficRecord& record) {
        return record.id == refusal.field("x-request-id");
      });
  REQUIRE(refused != records.end());
  CHECK(refused->status == 503);
  CHECK(refused->outcome == Outcome::Refused);
  CHECK(refused->client == "127.0.0.1");
  CHECK(refused->response_bytes == refusal.body.size());
  CHECK(exchange(gateway.port(), Request).status == 200);
  CHECK(gateway.gateway().handle({}).status() == 302);
}
