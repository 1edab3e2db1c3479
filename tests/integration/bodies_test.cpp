// Request bodies against their limits: what is refused, what is drained, and what memory they cost.
#include <sys/socket.h>
#include <unistd.h>

#include <future>
#include <thread>

#include "catch.h"
#include "io/sanitizer.h"
#include "support/file_size_limit.h"
#include "support/peak_memory.h"
#include "support/scripted_upstream.h"
#include "support/test_gateway.h"

using namespace llmsnap;
using namespace llmsnap::test;

namespace {

std::string post(const std::string& target, const std::string& framing) {
  return "POST " + target + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" +
         framing + "\r\n\r\n";
}

std::string upload(std::size_t size) {
  return post("/upstream/m/file", "Content-Length: " + std::to_string(size)) +
         std::string(size, 'u');
}

std::string json_body(std::size_t size) {
  const std::string begin = R"({"model":"m","x":")";
  return begin + std::string(size - begin.size() - 2, 'x') + "\"}";
}

constexpr std::string_view Health = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// A server that reads one request and keeps none of it: answers with the number of its body's
/// bytes.
class CountingUpstream {
 public:
  CountingUpstream() : listener_(loopback_listener()), server_([this] { serve(); }) {}
  ~CountingUpstream() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    server_.join();
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_of(listener_)); }

 private:
  void serve() {
    TestSocket client(UniqueFd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)));
    if (!client) {
      return;
    }
    ReceivedAnswer request;
    request.head = client.receive_until("\r\n\r\n");
    const std::size_t announced = std::stoul(request.field("content-length"));
    std::size_t got = 0;
    while (got < announced) {
      const std::size_t piece = client.receive().size();
      if (piece == 0) {
        break;
      }
      got += piece;
    }
    client.send(plain_answer(std::to_string(got)));
    client.closes_within(std::chrono::milliseconds(Patience));
  }

  UniqueFd listener_;
  std::thread server_;
};

}  // namespace

TEST_CASE("an announced length over its limit is refused before a byte of it is read", "[bodies]") {
  const std::string target = GENERATE("/v1/chat/completions", "/upstream/m/file");
  ScriptedUpstream upstream(always(plain_answer("{}")));
  TestGateway gateway(config_for(upstream.url()));
  TestSocket client = TestSocket::connect(gateway.port());
  client.send(post(target, "Content-Length: 1099511627776"));
  const ReceivedAnswer answer = receive_answer(client);
  CHECK(answer.status == 413);
  CHECK(answer.body.find("limits.") != std::string::npos);
  // However much is sent after all: it is closed, and not swallowed for ever.
  const std::string block(1U << 20, 'x');
  std::size_t taken = 0;
  while (taken < 400 && client.send(block)) {
    ++taken;
  }
  CHECK(taken < 400);
  CHECK(upstream.received().empty());
}

TEST_CASE("a chunked body is refused as soon as it is over its limit", "[bodies]") {
  const std::string target = GENERATE("/v1/chat/completions", "/upstream/m/file");
  ScriptedUpstream upstream(always(plain_answer("{}")));
  Config config = config_for(upstream.url());
  config.limits.json_body = config.limits.upload_body = 1U << 20;
  TestGateway gateway(std::move(config));
  TestSocket client = TestSocket::connect(gateway.port());
  client.send(post(target, "Transfer-Encoding: chunked"));
  const std::string chunk = "100000\r\n" + std::string(1U << 20, ' ') + "\r\n";
  int sent = 0;
  while (sent < 200 && !client.wait_readable(std::chrono::milliseconds(0)) && client.send(chunk)) {
    ++sent;
  }
  CHECK(sent < 200);
  CHECK(receive_answer(client).status == 413);
  CHECK(client.closes_within(std::chrono::milliseconds(Patience)));
  CHECK(upstream.received().empty());
}

TEST_CASE("a POST that announces no body is 411 and closes, whatever follows", "[bodies]") {
  TestGateway gateway(config_for("http://127.0.0.1:1"));
  TestSocket client = TestSocket::connect(gateway.port());
  client.send(post("/v1/chat/completions", "X-A: b") + std::string(1000, '{'));
  CHECK(receive_answer(client).status == 411);
  CHECK(client.receive_all().empty());
}

TEST_CASE("uploads beyond limits.spool are refused, and what they held becomes free", "[bodies]") {
  ScriptedUpstream upstream(always(plain_answer("{}")));
  Config config = config_for(upstream.url());
  config.limits.spool = 3U << 20;
  TestGateway gateway(std::move(config));
  CHECK(exchange(gateway.port(), upload(2U << 20)).status == 200);
  {
    const auto begin_upload = [&gateway] {
      TestSocket half = TestSocket::connect(gateway.port());
      half.send(upload(2U << 20).substr(0, 1'700'000));
      return half;
    };
    TestSocket half = begin_upload();
    ReceivedAnswer refused;
    for (const auto deadline = std::chrono::steady_clock::now() + Patience;
         refused.status != 503 && std::chrono::steady_clock::now() < deadline;) {
      refused = exchange(gateway.port(), upload(2U << 20));  // 200 until the half has arrived
      if (half.wait_readable(std::chrono::milliseconds(0))) {
        half = begin_upload();  // it came before the first upload's file was closed
      }
    }
    CHECK(refused.status == 503);
    CHECK(refused.field("retry-after") != "(none)");
    CHECK(refused.body.find("limits.spool") != std::string::npos);
  }
  int status = 0;
  for (const auto deadline = std::chrono::steady_clock::now() + Patience;
       status != 200 && std::chrono::steady_clock::now() < deadline;) {
    status = exchange(gateway.port(), upload(2U << 20)).status;
  }
  CHECK(status == 200);
}

TEST_CASE("an upload that limits.spool could never hold is 413 from its head alone", "[bodies]") {
  ScriptedUpstream upstream(always(plain_answer("{}")));
  Config config = config_for(upstream.url());
  config.limits.spool = 3U << 20;
  TestGateway gateway(std::move(config));
  const ReceivedAnswer refused =
      exchange(gateway.port(), post("/upstream/m/file", "Content-Length: 4194304"));
  CHECK(refused.status == 413);
  CHECK(refused.body.find("limits.spool") != std::string::npos);
  CHECK(upstream.received().empty());
}

TEST_CASE("bodies in memory beyond limits.bodiesInFlight are 503, and those that end make room",
          "[bodies]") {
  std::promise<void> go_on;
  std::shared_future<void> may_go_on = go_on.get_future().share();
  ScriptedUpstream upstream([&](TestSocket& client, const std::string&, const std::string&) {
    may_go_on.wait();
    return client.send(plain_answer("{}"));
  });
  Config config = config_for(upstream.url());
  config.limits.bodies_in_flight = 600'000;
  TestGateway gateway(std::move(config));
  const std::string request = chat_request(json_body(300'000));
  TestSocket first = TestSocket::connect(gateway.port());
  first.send(request);
  REQUIRE(upstream.wait_for_requests(1));
  const ReceivedAnswer refused = exchange(gateway.port(), request);
  CHECK(refused.status == 503);
  CHECK(refused.field("retry-after") != "(none)");
  CHECK(refused.body.find("limits.bodiesInFlight") != std::string::npos);
  go_on.set_value();
  CHECK(receive_answer(first).status == 200);
  CHECK(exchange(gateway.port(), request).status == 200);
}

TEST_CASE("a temporary file that cannot grow is 507", "[bodies]") {
  ScriptedUpstream upstream(always(plain_answer("{}")));
  TestGateway gateway(config_for(upstream.url()));
  const FileSizeLimit limit(2U << 20);
  const ReceivedAnswer answer = exchange(gateway.port(), upload(4U << 20));
  CHECK(answer.status == 507);
  CHECK(upstream.received().empty());
}

TEST_CASE("a spoolDir that does not exist is an error that names it, and small bodies pass",
          "[bodies]") {
  ScriptedUpstream upstream(always(plain_answer("{}")));
  Config config = config_for(upstream.url());
  config.spool_dir = "/nonexistent/spool";
  TestGateway gateway(std::move(config));
  const ReceivedAnswer answer = exchange(gateway.port(), upload(2U << 20));
  CHECK(answer.status == 500);
  CHECK(answer.body.find("/nonexistent/spool") != std::string::npos);
  CHECK(exchange(gateway.port(), upload(1000)).status == 200);
}

TEST_CASE("an upload of 64 MB costs a few MB of memory", "[bodies]") {
  CountingUpstream upstream;
  TestGateway gateway(config_for(upstream.url()));
  TestSocket client = TestSocket::connect(gateway.port());
  constexpr std::size_t Size = 64U << 20;
  const std::string block(256 * 1024, 'u');
  const std::size_t before = (peak_memory(), peak_memory());
  client.send(post("/upstream/m/file", "Content-Length: " + std::to_string(Size)));
  for (std::size_t sent = 0; sent < Size; sent += block.size()) {
    client.send(block);
  }
  const ReceivedAnswer answer = receive_answer(client);
  CHECK(answer.body == std::to_string(Size));
  if (!io::SanitizersActive) {  // they keep freed memory
    CHECK(peak_memory() < before + (8U << 20));
  }
}

TEST_CASE("a body that nobody wanted is drained up to 64 KiB, beyond that the connection closes",
          "[bodies]") {
  TestGateway gateway(config_for("http://127.0.0.1:1"));
  TestSocket client = TestSocket::connect(gateway.port());
  const auto refused = [](std::size_t size) {
    return post("/health", "Content-Length: " + std::to_string(size)) + std::string(size, '{');
  };
  for (int i = 0; i < 3; ++i) {
    client.send(refused(64 * 1024));
    CHECK(receive_answer(client).status == 405);
  }
  client.send(Health);
  CHECK(receive_answer(client).status == 200);
  client.send(refused(64 * 1024 + 1) + std::string(Health));
  const ReceivedAnswer last = receive_answer(client);
  CHECK(last.status == 405);
  CHECK(last.field("connection") == "close");
  CHECK(client.receive_all().empty());
}

TEST_CASE("a chunked body that nobody wanted is drained to its end or the connection closes",
          "[bodies]") {
  const bool large = GENERATE(false, true);
  TestGateway gateway(config_for("http://127.0.0.1:1"));
  TestSocket client = TestSocket::connect(gateway.port());
  client.send(post("/health", "Transfer-Encoding: chunked") + "3\r\nabc\r\n" +
              (large ? "20000\r\n" + std::string(0x20000, 'x') + "\r\n" : "") + "0\r\n\r\n" +
              std::string(Health));
  CHECK(receive_answer(client).status == 405);
  CHECK(receive_answer(client).status == (large ? 0 : 200));
}

TEST_CASE("a compressed body is forwarded as it is, never inflated", "[bodies]") {
  ScriptedUpstream upstream(always(plain_answer("{}")));
  TestGateway gateway(config_for(upstream.url()));
  const std::string gzip = std::string("\x1f\x8b\x08\0\0\0\0\0\0\x03", 10) + std::string(100, '\7');
  CHECK(exchange(gateway.port(),
                 post("/upstream/m/file",
                      "Content-Encoding: gzip\r\nContent-Length: " + std::to_string(gzip.size())) +
                     gzip)
            .status == 200);
  REQUIRE(upstream.received().size() == 1);
  const std::string got = upstream.received()[0];
  CHECK(got.substr(got.find("\r\n\r\n") + 4) == gzip);
  CHECK(got.find("Content-Encoding: gzip") != std::string::npos);
}

TEST_CASE("ranges and codings asked of our own pages are not served", "[bodies]") {
  TestGateway gateway(config_for("http://127.0.0.1:1"));
  std::string ranges = "Range: bytes=0-";
  for (int i = 0; i < 1900; ++i) {
    ranges += ",0-";
  }
  for (const std::string& field : {ranges, std::string("Accept-Encoding: gzip;q=0, br;q=0"),
                                   std::string("Accept-Encoding: gzip")}) {
    const ReceivedAnswer answer = exchange(
        gateway.port(), "GET /v1/models HTTP/1.1\r\nHost: localhost\r\n" + field + "\r\n\r\n");
    CHECK(answer.status == 200);
    CHECK(answer.field("content-encoding") == "(none)");
    CHECK(answer.body.substr(0, 1) == "{");
  }
}

TEST_CASE("heads without end are cut off at their limits and cost no memory", "[bodies]") {
  TestGateway gateway(config_for("http://127.0.0.1:1"));
  const bool one_line = GENERATE(true, false);
  std::string block;
  while (block.size() < (1U << 20)) {
    block += one_line ? "aaaaaaaa" : "X-A: v\r\n";
  }
  const std::size_t before = (peak_memory(), peak_memory());
  TestSocket client = TestSocket::connect(gateway.port());
  if (!one_line) {
    client.send("GET /health HTTP/1.1\r\n");
  }
  int sent = 0;
  while (sent < 300 && client.send(block)) {
    ++sent;
  }
  CHECK(sent < 300);
  const auto records = gateway.wait_for_records(1);
  REQUIRE(records.size() == 1);
  CHECK(records[0].status == (one_line ? 501 : 431));
  if (!io::SanitizersActive) {
    CHECK(peak_memory() < before + (2U << 20));
  }
}
