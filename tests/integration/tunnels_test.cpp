// WebSocket tunnels: back-pressure, and every way in which one ends.
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <functional>
#include <future>
#include <thread>

#include "catch.h"
#include "support/scripted_upstream.h"
#include "support/test_gateway.h"
#include "support/tls_end.h"

using namespace llmsnap;
using namespace llmsnap::test;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view Upgrade =
    "GET /upstream/m/ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: "
    "websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: "
    "13\r\n\r\n";
constexpr std::string_view Switching =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";

/// An upstream that switches, then does what the test says with the tunnel's end.
ScriptedUpstream::Script switching(std::function<void(TestSocket&)> then) {
  return [then = std::move(then)](TestSocket& end, const std::string&, const std::string&) {
    end.send(Switching);
    then(end);
    return false;
  };
}

void open_tunnel(TestSocket& client) {
  client.send(Upgrade);
  REQUIRE(receive_answer(client).status == 101);
}

constexpr std::string_view RealtimeUpgrade =
    "GET /v1/realtime?model=m HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: "
    "websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: "
    "13\r\n";

/// Bytes that tell where in the stream they belong, different for each direction.
std::string pattern(std::size_t size, std::uint32_t seed) {
  std::string bytes(size, '\0');
  std::uint32_t state = seed;
  for (char& byte : bytes) {
    state = state * 1664525 + 1013904223;
    byte = static_cast<char>(state >> 24);
  }
  return bytes;
}

/// Sends until the peer takes nothing for a while, or all is sent. Returns how much went out.
std::size_t send_until_stalled(TestSocket& socket, std::string_view bytes) {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t count = ::send(socket.descriptor(), bytes.data() + sent, bytes.size() - sent,
                                 MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count > 0) {
      sent += static_cast<std::size_t>(count);
      continue;
    }
    pollfd writable{socket.descriptor(), POLLOUT, 0};
    if (errno != EAGAIN || ::poll(&writable, 1, 500) == 0) {
      return sent;
    }
  }
  return sent;
}

std::string receive_size(TestSocket& socket, std::size_t size) {
  std::string got;
  while (got.size() < size) {
    const std::string piece = socket.receive();
    if (piece.empty()) {
      break;
    }
    got += piece;
  }
  return got;
}

/// For an end that reads nothing: the gateway has closed its side, in order or not.
bool gone_within(TestSocket& end, std::chrono::milliseconds limit) {
  pollfd gone{end.descriptor(), POLLRDHUP, 0};
  return ::poll(&gone, 1, static_cast<int>(limit.count())) > 0;
}

/// A stop ends a tunnel that nobody uses, at both ends.
void ends_with_a_stop(std::chrono::milliseconds shutdown_timeout) {
  std::promise<bool> closed;
  ScriptedUpstream upstream(switching([&](TestSocket& end) {
    closed.set_value(end.closes_within(std::chrono::milliseconds(Patience)));
  }));
  Config config = config_for(upstream.url());
  config.shutdown_timeout = shutdown_timeout;
  TestGateway gateway(std::move(config));
  TestSocket client = TestSocket::connect(gateway.port());
  open_tunnel(client);
  std::future<void> stopped = std::async(std::launch::async, [&] { gateway.server().stop(); });
  CHECK(client.closes_within(std::chrono::milliseconds(Patience)));
  CHECK(closed.get_future().get());
  CHECK(stopped.wait_for(Patience) == std::future_status::ready);
  const std::vector<TrafficRecord> records = gateway.wait_for_records(1);
  REQUIRE(records.size() == 1);
  CHECK(records[0].outcome == Outcome::Shutdown);
}

// More than the kernel's buffers on the way can hold, so that the sender must stall.
constexpr std::size_t Much = 48U << 20;

}  // namespace

TEST_CASE("a WebSocket is tunnelled through a TLS listener", "[tunnels]") {
  const SelfSigned certificate;
  const std::string large = pattern(2U << 20, 1);
  ScriptedUpstream upstream(switching([&](TestSocket& end) {
    end.send(receive_size(end, large.size()));
    end.closes_within(std::chrono::milliseconds(Patience));
  }));
  HttpServerOptions options;
  options.tls = TlsFiles{certificate.certificate_file(), certificate.key_file()};
  TestGateway gateway(config_for(upstream.url()), options);
  TlsClient client(gateway.port());
  open_tunnel(client.socket());
  client.socket().send(large);
  CHECK(receive_size(client.socket(), large.size()) == large);
}

TEST_CASE("a side of a tunnel that stops reading stalls the other, and nothing is lost",
          "[tunnels]") {
  const std::string to_server = pattern(Much, 2);
  const std::string to_client = pattern(Much, 3);
  std::promise<std::size_t> server_stalled;
  std::promise<void> go_on;
  std::shared_future<void> may_go_on = go_on.get_future().share();
  std::promise<bool> server_right;
  ScriptedUpstream upstream(switching([&](TestSocket& end) {
    const std::size_t sent = send_until_stalled(end, to_client);
    server_stalled.set_value(sent);
    may_go_on.wait();
    std::thread sender([&] { end.send(std::string_view(to_client).substr(sent)); });
    server_right.set_value(receive_size(end, to_server.size()) == to_server);
    sender.join();
  }));
  TestGateway gateway(config_for(upstream.url()));
  TestSocket client = TestSocket::connect(gateway.port());
  client.send(Upgrade);
  const std::string head = client.receive_until("\r\n\r\n");
  REQUIRE(head.substr(0, 12) == "HTTP/1.1 101");
  const std::size_t sent = send_until_stalled(client, to_server);
  CHECK(sent < to_server.size());
  CHECK(server_stalled.get_future().get() < to_client.size());
  go_on.set_value();
  std::thread sender([&] { client.send(std::string_view(to_server).substr(sent)); });
  CHECK(receive_size(client, to_client.size()) == to_client);
  sender.join();
  CHECK(server_right.get_future().get());
}

TEST_CASE("what a client sent before it half-closed its tunnel arrives", "[tunnels]") {
  const std::string sent = pattern(4U << 20, 4);
  std::promise<std::string> all;
  ScriptedUpstream upstream(switching([&](TestSocket& end) { all.set_value(end.receive_all()); }));
  TestGateway gateway(config_for(upstream.url()));
  TestSocket client = TestSocket::connect(gateway.port());
  open_tunnel(client);
  client.send(sent);
  client.half_close();
  CHECK(all.get_future().get() == sent);
  CHECK(client.closes_within(std::chrono::milliseconds(Patience)));
}

TEST_CASE("what a server sent before it left its tunnel arrives", "[tunnels]") {
  const bool half = GENERATE(true, false);
  const std::string sent = pattern(4U << 20, 5);
  ScriptedUpstream upstream(switching([&](TestSocket& end) {
    end.send(sent);
    if (half) {
      end.half_close();
      end.closes_within(std::chrono::milliseconds(Patience));
    }
  }));
  TestGateway gateway(config_for(upstream.url()));
  TestSocket client = TestSocket::connect(gateway.port());
  open_tunnel(client);
  CHECK(client.receive_all() == sent);
  CHECK(gateway.wait_for_records(1).size() == 1);
}

TEST_CASE("a client that leaves its tunnel closes the server's end at once", "[tunnels]") {
  const bool reset = GENERATE(false, true);
  std::promise<std::chrono::steady_clock::time_point> closed;
  ScriptedUpstream upstream(switching([&](TestSocket& end) {
    if (end.closes_within(std::chrono::milliseconds(Patience))) {
      closed.set_value(std::chrono::steady_clock::now());
    }
  }));
  TestGateway gateway(config_for(upstream.url()));
  TestSocket client = TestSocket::connect(gateway.port());
  open_tunnel(client);
  const auto left = std::chrono::steady_clock::now();
  reset ? client.reset_connection() : client.close();
  auto when = closed.get_future();
  REQUIRE(when.wait_for(Patience) == std::future_status::ready);
  CHECK(when.get() - left < 2s);
}

TEST_CASE("a client that leaves a tunnel is noticed while its server only sends and never reads",
          "[tunnels]") {
  std::promise<bool> closed;
  const std::string flood = pattern(Much, 6);
  ScriptedUpstream upstream(switching([&](TestSocket& end) {
    send_until_stalled(end, flood);
    closed.set_value(gone_within(end, Patience / 2));
  }));
  Config config = config_for(upstream.url());
  config.limits.write_idle = 60s;
  TestGateway gateway(std::move(config));
  TestSocket client = TestSocket::connect(gateway.port());
  open_tunnel(client);
  send_until_stalled(client, flood);
  client.reset_connection();
  CHECK(closed.get_future().get());
}

TEST_CASE("a tunnel whose server takes nothing ends after writeIdle", "[tunnels]") {
  std::promise<bool> closed;
  ScriptedUpstream upstream(
      switching([&](TestSocket& end) { closed.set_value(gone_within(end, Patience)); }));
  Config config = config_for(upstream.url());
  config.limits.write_idle = 100ms;
  TestGateway gateway(std::move(config));
  TestSocket client = TestSocket::connect(gateway.port());
  open_tunnel(client);
  client.send(pattern(Much, 7));  // ends when the gateway closes
  CHECK(client.closes_within(std::chrono::milliseconds(Patience)));
  CHECK(closed.get_future().get());
}

TEST_CASE("a tunnel goes on while a stop waits, and its end lets the stop end", "[tunnels]") {
  ScriptedUpstream upstream(switching([](TestSocket& end) {
    for (std::string line = end.receive_until("\n"); !line.empty();
         line = end.receive_until("\n")) {
      end.send(line);
    }
  }));
  Config config = config_for(upstream.url());
  config.shutdown_timeout = 60s;
  TestGateway gateway(std::move(config));
  TestSocket idle = TestSocket::connect(gateway.port());
  idle.send("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(receive_answer(idle).status == 200);
  TestSocket client = TestSocket::connect(gateway.port());
  open_tunnel(client);
  std::future<void> stopped = std::async(std::launch::async, [&] { gateway.server().stop(); });
  CHECK(idle.closes_within(std::chrono::milliseconds(Patience)));
  client.send("still here\n");
  CHECK(client.receive_until("\n") == "still here\n");
  client.close();
  CHECK(stopped.wait_for(Patience) == std::future_status::ready);
}

TEST_CASE("a tunnel that is quiet does not hold up a stop", "[tunnels]") {
  ends_with_a_stop(600s);
}

TEST_CASE("a tunnel that outlasts shutdownTimeout is cut at both ends", "[tunnels]") {
  ends_with_a_stop(100ms);
}

TEST_CASE("a socket whose query names its model is tunnelled, on any path", "[tunnels]") {
  ScriptedUpstream upstream(switching([](TestSocket& end) {
    end.send(end.receive());
    end.receive_all();
  }));
  TestGateway gateway(config_for(upstream.url()));
  TestSocket client = TestSocket::connect(gateway.port());
  client.send(std::string(RealtimeUpgrade) + "\r\n");
  REQUIRE(receive_answer(client).status == 101);
  client.send("ping");
  CHECK(receive_size(client, 4) == "ping");
  client.close();
  CHECK(upstream.received().back().rfind("GET /v1/realtime?model=m HTTP/1.1\r\n", 0) == 0);
}

TEST_CASE("a page of another site opens no socket by query", "[tunnels][E11]") {
  ScriptedUpstream upstream(switching([](TestSocket&) {}));
  TestGateway gateway(config_for(upstream.url()));
  CHECK(
      exchange(gateway.port(), std::string(RealtimeUpgrade) + "Origin: http://evil.example\r\n\r\n")
          .status == 403);
  CHECK(upstream.received().empty());
}
