// Every request of tests/data/*http-vectors.json gets exactly its expected result, in whatever
// pieces it comes, and what is refused never arrives. In more-http-vectors.json, `statuses` names
// the answers of an accepted vector in their order, and `arrives` the requests that reach the
// model.
#include <algorithm>
#include <fstream>
#include <list>
#include <nlohmann/json.hpp>
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
  const std::size_t wanted = vector.contains("statuses")
                                 ? vector["statuses"].size()
                                 : vector.value("responses", std::size_t{1});
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

std::string listed(const std::vector<int>& statuses) {
  std::string text = "statuses";
  for (const int status : statuses) {
    text += " " + std::to_string(status);
  }
  return text;
}

std::string verdict_of_accepted(const json& vector, const Seen& seen) {
  const auto& statuses = seen.statuses;
  if (vector.value("closes", false) && !seen.closed) {
    return "left open";
  }
  if (seen.stray_bytes) {
    return "bytes after the answer";
  }
  if (vector.contains("statuses")) {
    return statuses == vector["statuses"].get<std::vector<int>>() ? "ok" : listed(statuses);
  }
  const std::size_t wanted = vector.value("responses", std::size_t{1});
  const bool any = vector.value("any_status", false);
  const bool right = std::all_of(statuses.begin(), statuses.end(),
                                 [any](int status) { return any || status == 200; });
  const bool enough = statuses.size() == wanted || (any && seen.closed && !statuses.empty());
  return right && enough && statuses.size() <= wanted ? "ok" : listed(statuses);
}

std::string verdict_of_refused(const json& vector, const Seen& seen) {
  const auto& statuses = seen.statuses;
  if (!seen.closed) {
    return "left open";
  }
  std::vector<int> allowed = vector.value("status", std::vector<int>{400});
  if (vector["expect"] == "close") {
    if (statuses.empty()) {
      return "ok";
    }
    allowed.push_back(499);  // to a client that may still listen
  }
  const bool right =
      statuses.size() == 1 && std::count(allowed.begin(), allowed.end(), statuses[0]) == 1;
  return right ? "ok" : listed(statuses);
}

std::string verdict(const json& vector, const std::string& kind, const Seen& seen) {
  return kind == "accept" ? verdict_of_accepted(vector, seen) : verdict_of_refused(vector, seen);
}

/// How many requests of the vector may be at the model's server, given what was answered.
bool right_arrivals(const json& vector, const Seen& seen, std::size_t arrived) {
  if (vector.contains("arrives")) {
    return arrived == vector["arrives"].get<std::size_t>();
  }
  const auto served = std::count(seen.statuses.begin(), seen.statuses.end(), 200);
  const std::string request = vector["request"];
  return arrived <= static_cast<std::size_t>(served) &&
         (arrived == 0 || request.find("POST /v1/chat") != std::string::npos);
}

struct Failure {
  std::string name;
  std::string result;
};

/// Runs the vectors of one thread's share against a gateway of its own, so that what arrives is
/// known to belong to the vector that was sent last.
class Share {
 public:
  Share(const json& vectors, std::size_t first, std::size_t step, Division division)
      : vectors_(vectors),
        first_(first),
        step_(step),
        division_(division),
        upstream_(always(plain_answer(R"({"ok":true})"))),
        gateway_(patient_config(upstream_.url())) {}

  void run() {
    for (std::size_t i = first_; i < vectors_.size(); i += step_) {
      const std::string result = run_one(vectors_[i]);
      if (result != "ok") {
        failures_.push_back({vectors_[i]["name"], result});
      }
    }
  }
  const std::vector<Failure>& failures() const { return failures_; }

 private:
  static Config patient_config(const std::string& url) {
    Config config = config_for(url);
    config.io_threads = 1;
    config.limits.head_timeout = std::chrono::seconds(5);
    config.limits.body_idle = std::chrono::seconds(5);
    return config;
  }

  std::string run_one(const json& vector) {
    const std::size_t before = upstream_.received().size();
    TestSocket socket = TestSocket::connect(gateway_.port());
    send_divided(socket, bytes_of(vector["request"]), division_);
    if (vector.value("eof", false)) {
      socket.half_close();
    }
    const Seen seen = read_answers(socket, vector);
    std::string result = verdict(vector, vector["expect"], seen);
    if (result != "ok" && vector.contains("alt")) {
      result = verdict(vector, vector["alt"], seen);
    }
    const auto received = upstream_.received();
    if (result == "ok" && !right_arrivals(vector, seen, received.size() - before)) {
      result = std::to_string(received.size() - before) + " requests arrived";
    }
    for (std::size_t i = before; result == "ok" && i < received.size(); ++i) {
      result = as_sent(received[i]) ? "ok" : "arrived as " + received[i];
    }
    return result;
  }

  static bool as_sent(const std::string& received) {
    return received.substr(0, received.find('\r')) == "POST /v1/chat/completions HTTP/1.1" &&
           received.substr(received.find("\r\n\r\n") + 4) == R"({"model":"m"})";
  }

  const json& vectors_;
  const std::size_t first_;
  const std::size_t step_;
  const Division division_;
  ScriptedUpstream upstream_;
  TestGateway gateway_;
  std::vector<Failure> failures_;
};

}  // namespace

TEST_CASE("every request vector gets its expected result and no refused one arrives", "[vectors]") {
  const Division division = GENERATE(Division::Whole, Division::Split, Division::Bytes);
  const std::string name = GENERATE("http-vectors.json", "more-http-vectors.json");
  std::ifstream file(LLMSNAP_SOURCE_DIR "/tests/data/" + name);
  const json vectors = json::parse(file);
  REQUIRE(vectors.size() > 180);

  constexpr std::size_t Threads = 8;
  std::list<Share> shares;
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < Threads; ++i) {
    Share& share = shares.emplace_back(vectors, i, Threads, division);
    threads.emplace_back([&share] { share.run(); });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  for (const Share& share : shares) {
    for (const Failure& failure : share.failures()) {
      UNSCOPED_INFO(failure.name << ": " << failure.result);
    }
    CHECK(share.failures().empty());
  }
}

TEST_CASE("where keys are required, no vector is served without one", "[vectors]") {
  const std::string name = GENERATE("http-vectors.json", "more-http-vectors.json");
  std::ifstream file(LLMSNAP_SOURCE_DIR "/tests/data/" + name);
  const json vectors = json::parse(file);
  ScriptedUpstream upstream(always(plain_answer("{}")));
  Config config = config_for(upstream.url());
  config.api_keys = {{"one", "secret"}};
  config.limits.keep_alive = std::chrono::milliseconds(50);
  config.limits.head_timeout = std::chrono::milliseconds(300);
  config.limits.body_idle = std::chrono::milliseconds(300);
  TestGateway gateway(std::move(config));
  for (const json& vector : vectors) {
    INFO(vector["name"].get<std::string>());
    TestSocket socket = TestSocket::connect(gateway.port());
    socket.send(bytes_of(vector["request"]));
    if (vector.value("eof", false)) {
      socket.half_close();
    }
    const Seen seen = read_answers(socket, vector);
    const bool served = std::any_of(seen.statuses.begin(), seen.statuses.end(),
                                    [](int status) { return status < 300 && status != 204; });
    CHECK_FALSE(served);
    if (vector["expect"] == "accept" && !vector.value("any_status", false)) {
      CHECK(seen.statuses.at(0) == 401);
    }
  }
  CHECK(upstream.received().empty());
}
