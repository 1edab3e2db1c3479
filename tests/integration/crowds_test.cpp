// Many clients, lazy clients, and servers that misbehave on purpose.
#include <dirent.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include "catch.h"
#include "io/sanitizer.h"
#include "support/scripted_upstream.h"
#include "support/test_gateway.h"

using namespace llmsnap;
using namespace llmsnap::test;

namespace {

constexpr std::string_view Health = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n";

std::size_t open_descriptors() {
  std::size_t count = 0;
  DIR* folder = ::opendir("/proc/self/fd");
  while (::readdir(folder) != nullptr) {
    ++count;
  }
  ::closedir(folder);
  return count;
}

/// This process may open only so many descriptors more while this lives.
class DescriptorLimit {
 public:
  explicit DescriptorLimit(rlim_t more) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit limit{open_descriptors() + more, before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
  ~DescriptorLimit() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  DescriptorLimit(const DescriptorLimit&) = delete;
  DescriptorLimit& operator=(const DescriptorLimit&) = delete;

 private:
  rlimit before_{};
};

/// What a process or thread has done so far.
struct Effort {
  std::chrono::microseconds processor_time{0};
  long wake_ups = 0;  ///< how often a thread fell asleep, which is how often one is woken
};

Effort effort_of(int whom) {
  rusage usage{};
  ::getrusage(whom, &usage);
  const auto of = [](const timeval& time) {
    return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
  };
  return {of(usage.ru_utime) + of(usage.ru_stime), usage.ru_nvcsw};
}

/// Of all threads but the caller's: the gateway's, where the test has no others.
Effort effort_of_gateway() {
  const Effort all = effort_of(RUSAGE_SELF);
  const Effort own = effort_of(RUSAGE_THREAD);
  return {all.processor_time - own.processor_time, all.wake_ups - own.wake_ups};
}

/// Checks that the gateway does next to nothing while `quiet`, on which nothing may come, is
/// watched. The limits hold on a busy machine too: being slow costs no processor time, and being
/// kept waiting for a processor is no wake-up. A thread that spins uses all the time it gets and
/// never sleeps; one that polls sleeps too often.
void check_idleness(const TestSocket& quiet, long most_wake_ups) {
  constexpr auto Interval = std::chrono::milliseconds(500);
  const Effort before = effort_of_gateway();
  CHECK_FALSE(quiet.wait_readable(Interval));
  const Effort after = effort_of_gateway();
  CHECK(after.processor_time - before.processor_time < Interval / 2);
  CHECK(after.wake_ups - before.wake_ups <= most_wake_ups);
}

}  // namespace

TEST_CASE("500 clients that connect at once are all answered", "[crowds]") {
  TestGateway gateway(config_for("http://127.0.0.1:1"));
  std::vector<TestSocket> clients;
  for (int i = 0; i < 500; ++i) {
    clients.push_back(TestSocket::connect(gateway.port()));
  }
  for (TestSocket& client : clients) {
    client.send(Health);
  }
  for (TestSocket& client : clients) {
    CHECK(receive_answer(client).status == 200);
  }
}

TEST_CASE("200 streams at once each get every event of their own, in order", "[crowds]") {
  constexpr int Streams = 200;
  constexpr int Events = 20;
  ScriptedUpstream upstream([](TestSocket& client, const std::string&, const std::string& body) {
    bool sent = client.send(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n");
    for (int i = 0; i < Events && sent; ++i) {
      sent = client.send("data: " + std::to_string(i) + " of " + body + "\n\n");
    }
    return false;
  });
  TestGateway gateway(config_for(upstream.url()));
  std::vector<TestSocket> clients;
  const auto body = [](int i) { return R"({"model":"m","n":)" + std::to_string(i) + "}"; };
  for (int i = 0; i < Streams; ++i) {
    clients.push_back(TestSocket::connect(gateway.port()));
    clients.back().send(chat_request(body(i)));
  }
  for (int i = 0; i < Streams; ++i) {
    std::string expected;
    for (int j = 0; j < Events; ++j) {
      expected += "data: " + std::to_string(j) + " of " + body(i) + "\n\n";
    }
    CHECK(receive_answer(clients[static_cast<std::size_t>(i)]).body == expected);
  }
}

TEST_CASE("idle connections cost no processor time", "[crowds]") {
  TestGateway gateway(config_for("http://127.0.0.1:1"));
  std::vector<TestSocket> clients;
  for (int i = 0; i < 300; ++i) {
    clients.push_back(TestSocket::connect(gateway.port()));
    clients.back().send(Health);
    REQUIRE(receive_answer(clients.back()).status == 200);
  }
  REQUIRE(gateway.wait_for_records(clients.size()).size() == clients.size());
  check_idleness(clients.front(), 50);  // for all connections together
}

TEST_CASE("a gateway out of descriptors waits without spinning, and recovers", "[crowds]") {
  if (io::SanitizersActive) {
    WARN(
        "skipped: UndefinedBehaviorSanitizer looks at memory through pipes, and finds no "
        "descriptor");
    return;
  }
  TestGateway gateway(config_for("http://127.0.0.1:1"));
  std::vector<TestSocket> clients;
  {
    const DescriptorLimit limit(64);
    try {
      for (int i = 0; i < 200; ++i) {
        clients.push_back(TestSocket::connect(gateway.port()));
      }
    } catch (const std::runtime_error&) {
      // The test's own sockets count too: none are left, for the gateway as for us.
    }
    REQUIRE(clients.size() >= 16);
    REQUIRE(gateway.wait_for_line("cannot accept a connection on "));
    check_idleness(clients.front(), 150);  // it tries again every 10 ms
  }
  for (TestSocket& client : clients) {
    client.send(Health);
    CHECK(receive_answer(client).status == 200);
  }
  CHECK(exchange(gateway.port(), Health).status == 200);
}

TEST_CASE("an upload that its server refuses early ends there, and the refusal arrives",
          "[crowds]") {
  UniqueFd listener = loopback_listener();
  std::thread server([&listener] {
    TestSocket client(UniqueFd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC)));
    client.receive_until("\r\n\r\n");
    client.send("HTTP/1.1 413 Too Large\r\nContent-Length: 7\r\n\r\nrefused");
    client.closes_within(std::chrono::milliseconds(Patience));
  });
  TestGateway gateway(config_for("http://127.0.0.1:" + std::to_string(port_of(listener))));
  const std::string body(32U << 20, 'u');
  const ReceivedAnswer answer = exchange(
      gateway.port(), "POST /upstream/m/file HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
                          std::to_string(body.size()) + "\r\n\r\n" + body);
  CHECK(answer.status == 413);
  CHECK(answer.body == "refused");
  server.join();
}

TEST_CASE("a POST whose server dies before it answers is a 502 and is not sent again", "[crowds]") {
  ScriptedUpstream upstream(
      [](TestSocket&, const std::string&, const std::string&) { return false; });
  TestGateway gateway(config_for(upstream.url()));
  CHECK(exchange(gateway.port(), chat_request()).status == 502);
  CHECK(upstream.received().size() == 1);
  CHECK(upstream.connections() == 1);
}

TEST_CASE("events arrive byte for byte, however they are framed and divided", "[crowds]") {
  const bool chunked = GENERATE(true, false);
  const std::string events =
      ": comment\r\n\r\ndata: one\n\ndata: {\"a\":\"\xc3\xa9\"}\r\n\r\nevent: x\ndata: two\n\n";
  ScriptedUpstream upstream([&](TestSocket& client, const std::string&, const std::string&) {
    client.send(std::string("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n") +
                (chunked ? "Transfer-Encoding: chunked\r\n\r\n" : "\r\n"));
    for (const char byte : events) {
      client.send(chunked ? "1\r\n" + std::string(1, byte) + "\r\n" : std::string(1, byte));
    }
    client.send(chunked ? "0\r\n\r\n" : "");
    return false;
  });
  TestGateway gateway(config_for(upstream.url()));
  const ReceivedAnswer answer = exchange(gateway.port(), chat_request());
  CHECK(answer.complete);
  CHECK(answer.body == events);
}

TEST_CASE("one event of 100 MB passes, and what usage it had is given up", "[crowds]") {
  constexpr std::size_t Blocks = 100;
  const std::string block(1U << 20, 'e');
  ScriptedUpstream upstream([&](TestSocket& client, const std::string&, const std::string&) {
    client.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: ");
    bool sent = true;
    for (std::size_t i = 0; i < Blocks && sent; ++i) {
      sent = client.send(block);
    }
    client.send("\n\n");
    return false;
  });
  TestGateway gateway(config_for(upstream.url()));
  TestSocket client = TestSocket::connect(gateway.port());
  client.send(chat_request());
  CHECK(client.receive_until("\r\n\r\n").substr(9, 3) == "200");
  std::size_t got = 0;
  bool same = true;
  std::string tail;
  for (std::string piece = client.receive(); !piece.empty(); piece = client.receive()) {
    got += piece.size();
    tail = (tail + piece).substr(std::max<std::size_t>(8, (tail + piece).size()) - 8);
    same = same && piece.find('\0') == std::string::npos;
    if (tail.find("0\r\n\r\n") != std::string::npos) {
      break;
    }
  }
  CHECK(same);
  CHECK(got > Blocks * block.size());
  const auto records = gateway.wait_for_records(1);
  REQUIRE(records.size() == 1);
  CHECK(records[0].response_bytes == Blocks * block.size() + 8);
  CHECK(records[0].outcome == Outcome::Complete);
}

TEST_CASE("a fast stream leaves room for others", "[crowds]") {
  std::atomic<bool> enough{false};
  const std::string block = "10000\r\n" + std::string(65536, 'f') + "\r\n";
  ScriptedUpstream upstream([&](TestSocket& client, const std::string& head, const std::string&) {
    if (head.find("GET /slow") == 0) {
      return client.send(plain_answer("ok"));
    }
    client.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    while (!enough && client.send(block)) {
    }
    return false;
  });
  Config config = config_for(upstream.url());
  config.io_threads = 1;
  TestGateway gateway(std::move(config));
  TestSocket fast = TestSocket::connect(gateway.port());
  fast.send(chat_request());
  std::thread reader([&] {
    while (!enough && !fast.receive().empty()) {
    }
    fast.close();
  });
  for (int i = 0; i < 50; ++i) {
    CHECK(
        exchange(gateway.port(), "GET /upstream/m/slow HTTP/1.1\r\nHost: localhost\r\n\r\n").body ==
        "ok");
  }
  enough = true;
  reader.join();
}
