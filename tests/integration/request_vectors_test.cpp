// Every request of tests/data/http-vectors.json gets its expected result, and what is refused never
// arrives.
#include <algorithm>
#include <fstream>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "catch.h"
#include "support/latin1.h"
#include "support/scripted_upstream.h"
#include "support/test_gateway.h"

using namespace llmsnap;
using namespace llmsnap::test;
using nlohmann::json;

namespace {

enum class Division { Whole, Split, Bytes };

const std::set<int> ProtocolErrors{400, 408, 411, 413, 414, 417, 431, 501, 505};

struct Seen {
  std::vector<int> statuses;
  bool stray_bytes = false;
  bool closed = false;
};

void send_divided(TestSocket& socket, const std::string& request, Division division) {
  if (division == Division::Whole) {
    socket.send(request);
  } else if (division == Division::Bytes) {
    for (const char byte : request) {
      if (!socket.send({&byte, 1})) {
        return;
      }
    }
  } else {
    const std::size_t empty_line =
        request.find("\r\n\r\n", std::min<std::size_t>(4, request.size()));
    const std::size_t cut = empty_line == std::string::npos ? request.size() : empty_line + 4;
    socket.send(request.substr(0, cut));
    // A reader that goes on with what it has sees the head alone first.
    std::this_thread::yield();
    socket.send(request.substr(cut));
  }
}

/// Reads answers until the connection closes, or until as many as a well-formed request gets.
Seen read_answers(TestSocket& socket, const json& vector) {
  Seen seen;
  const bool accept = vector["expect"] == "accept";
  const bool tolerated = vector.value("alt", "") == "accept";
  const bool must_close = !(accept || tolerated) || vector.value("closes", false);
  const std::size_t wanted = vector.value("responses", std::size_t{1});
  const bool head_only = vector.value("head", false);
  try {
    for (;;) {
      if (!must_close && seen.statuses.size() == wanted) {
        seen.closed = socket.closes_within(std::chrono::milliseconds(20));
        return seen;
      }
      const ReceivedAnswer answer = receive_answer(socket, head_only);
      if (answer.status == 0) {
        seen.closed = true;
        seen.stray_bytes = !answer.head.empty();
        return seen;
      }
      seen.statuses.push_back(answer.status);
    }
  } catch (const std::exception&) {
    return seen;  // silence: not closed
  }
}

std::string verdict(const json& vector, const std::string& kind, const Seen& seen) {
  const auto& statuses = seen.statuses;
  if (kind == "accept") {
    const std::size_t wanted = vector.value("responses", std::size_t{1});
    const std::size_t most = vector.value("responses_max", wanted);
    const bool any = vector.value("any_status", false);
    if (statuses.empty()) {
      return "no answer";
    }
    if (seen.stray_bytes) {
      return "bytes after the answer";
    }
    if (!any && std::any_of(statuses.begin(), statuses.end(),
                            [](int status) { return ProtocolErrors.count(status) > 0; })) {
      return "refused with " + std::to_string(statuses.front());
    }
    if (statuses.size() > most || (statuses.size() < wanted && !(seen.closed && any))) {
      return std::to_string(statuses.size()) + " answers";
    }
    return seen.closed || !vector.value("closes", false) ? "ok" : "left open";
  }
  if (std::any_of(statuses.begin(), statuses.end(), [](int status) { return status < 300; })) {
    return "served";
  }
  if (kind == "reject" && statuses.size() > 1) {
    return "went on parsing";
  }
  if (kind == "reject" && vector.contains("status") && !statuses.empty()) {
    const auto allowed = vector["status"].get<std::vector<int>>();
    if (statuses[0] != 400 && std::count(allowed.begin(), allowed.end(), statuses[0]) == 0) {
      return "status " + std::to_string(statuses[0]);
    }
  }
  return seen.closed ? "ok" : "left open";
}

struct Failure {
  std::string name;
  std::string result;
};

/// Runs the vectors of one thread's share.
void run_share(const json& vectors, std::size_t first, std::size_t step, std::uint16_t port,
               Division division, std::vector<Failure>& failures, std::mutex& mutex) {
  for (std::size_t i = first; i < vectors.size(); i += step) {
    const json& vector = vectors[i];
    const std::string request = bytes_of(vector["request"]);
    if (division == Division::Bytes && request.size() >= 2048) {
      continue;
    }
    TestSocket socket = TestSocket::connect(port);
    send_divided(socket, request, division);
    if (vector.value("eof", false)) {
      socket.half_close();
    }
    const Seen seen = read_answers(socket, vector);
    std::string result = verdict(vector, vector["expect"], seen);
    if (result != "ok" && vector.contains("alt") && verdict(vector, vector["alt"], seen) == "ok") {
      result = "ok";
    }
    if (result != "ok") {
      const std::lock_guard lock(mutex);
      failures.push_back({vector["name"], result});
    }
  }
}

}  // namespace

TEST_CASE("every request vector gets its expected result and no refused one arrives", "[vectors]") {
  const Division division = GENERATE(Division::Whole, Division::Split, Division::Bytes);
  std::ifstream file(LLMSNAP_SOURCE_DIR "/tests/data/http-vectors.json");
  const json vectors = json::parse(file);
  REQUIRE(vectors.size() > 180);

  ScriptedUpstream upstream(always(plain_answer(R"({"ok":true})")));
  Config config = config_for(upstream.url());
  config.limits.head_timeout = std::chrono::seconds(3);
  config.limits.body_idle = std::chrono::seconds(3);
  TestGateway gateway(std::move(config));

  std::vector<Failure> failures;
  std::mutex mutex;
  std::vector<std::thread> threads;
  constexpr std::size_t Threads = 8;
  for (std::size_t i = 0; i < Threads; ++i) {
    threads.emplace_back(
        [&, i] { run_share(vectors, i, Threads, gateway.port(), division, failures, mutex); });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  for (const Failure& failure : failures) {
    UNSCOPED_INFO(failure.name << ": " << failure.result);
  }
  CHECK(failures.empty());
  // A refused vector that arrived would be one too many, or not what the accepted ones send.
  std::size_t may_arrive = 0;
  for (const json& vector : vectors) {
    const std::string request = vector["request"];
    const bool tolerated = vector["expect"] == "accept" || vector.value("alt", "") == "accept";
    may_arrive += tolerated && request.find("POST /v1/chat") != std::string::npos ? 1U : 0U;
  }
  CHECK(upstream.received().size() <= may_arrive);
  for (const std::string& received : upstream.received()) {
    CHECK(received.substr(0, received.find('\r')) == "POST /v1/chat/completions HTTP/1.1");
    CHECK(received.substr(received.find("\r\n\r\n") + 4) == R"({"model":"m"})");
  }
}
