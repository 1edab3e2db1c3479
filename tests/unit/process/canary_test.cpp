#include "process/canary.h"

#include <chrono>
#include <string>

#include "catch.h"
#include "unit/io/loop_runner.h"
#include "unit/upstream/fake_server.h"
#include "upstream/failing_status.h"
#include "upstream/pool.h"

using namespace llmsnap::process;

TEST_CASE("the canary is a small request of the kind that failed", "[process]") {
  const auto [failed, target, body] = GENERATE(table<std::string, std::string, std::string>({
      {"/v1/chat/completions?x=1", "/v1/chat/completions",
       R"({"max_tokens":1,"messages":[{"content":"a","role":"user"}],"model":"m \"1\""})"},
      {"/v1/completions", "/v1/completions", R"({"max_tokens":1,"model":"m \"1\"","prompt":"a"})"},
      {"/completion", "/completion", R"({"model":"m \"1\"","n_predict":1,"prompt":"a"})"},
      {"/v1/embeddings", "/v1/embeddings", R"({"input":"a","model":"m \"1\""})"},
      {"/rerank", "/rerank", R"({"documents":["a"],"model":"m \"1\"","query":"a"})"},
  }));
  const Canary canary = canary_for(failed, "m \"1\"", "/health");
  CHECK(canary.method == "POST");
  CHECK(canary.target == target);
  CHECK(canary.body == body);
}

TEST_CASE("where the kind is not known the health check is the canary", "[process]") {
  CHECK(canary_for("/v1/audio/speech", "m", "/ready").target == "/ready");
  CHECK(canary_for("/v1/audio/speech", "m", "/ready").method == "GET");
  CHECK(canary_for("/anything", "m", "none").target == "/");
}

TEST_CASE("an idle model is asked its health check, and may not put us off", "[process]") {
  const Canary canary = health_canary("/ready");
  CHECK(canary.method == "GET");
  CHECK(canary.target == "/ready");
  CHECK(canary.to_idle);
  CHECK_FALSE(canary_for("/v1/completions", "m", "/ready").to_idle);
}

TEST_CASE("what a server cannot do, or not now, is no failure", "[process]") {
  const auto [status, failure] = GENERATE(table<int, bool>({
      {200, false},
      {400, false},
      {404, false},
      {429, false},
      {500, true},
      {501, false},
      {502, true},
      {503, false},
      {504, true},
  }));
  CHECK(llmsnap::upstream::counts_as_failure(status) == failure);
}

TEST_CASE("a server with a key of its own is asked with it", "[process]") {
  llmsnap::io::run_on_fiber([] {
    std::string request;
    llmsnap::upstream::FakeServer server([&request](llmsnap::upstream::Connection& connection) {
      request = connection.read_request();
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
      connection.read_to_end();
    });
    llmsnap::upstream::Pool pool;
    const auto deadline = llmsnap::SteadyClock::now() + std::chrono::seconds(20);
    CHECK(sing(pool, {server.url(), "its-own"}, health_canary("/health"), deadline));
    CHECK(request.find("Authorization: Bearer its-own\r\nX-Api-Key: its-own\r\n") !=
          std::string::npos);
  });
}

TEST_CASE("who is idle has to answer, and not with 'not now'", "[process]") {
  struct Row {
    std::string answer;  ///< empty: none
    bool to_busy;
    bool to_idle;
  };
  const Row row = GENERATE(values<Row>({
      {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", true, true},
      {"HTTP/1.1 404 x\r\nContent-Length: 0\r\n\r\n", true, true},
      {"HTTP/1.1 501 x\r\nContent-Length: 0\r\n\r\n", true, true},
      {"HTTP/1.1 503 x\r\nContent-Length: 0\r\n\r\n", true, false},
      {"HTTP/1.1 500 x\r\nContent-Length: 0\r\n\r\n", false, false},
      {"", true, false},
  }));
  llmsnap::io::run_on_fiber([&row] {
    llmsnap::upstream::FakeServer server([&row](llmsnap::upstream::Connection& connection) {
      connection.read_request();
      connection.send(row.answer);
      connection.read_to_end();
    });
    llmsnap::upstream::Pool pool;
    const auto is_good = [&](const Canary& canary) {
      // An answer that there is has to come in time also on a busy machine.
      const auto patience = std::chrono::milliseconds(row.answer.empty() ? 20 : 20'000);
      return static_cast<bool>(
          sing(pool, server.url(), canary, llmsnap::SteadyClock::now() + patience));
    };
    INFO(row.answer);
    CHECK(is_good(canary_for("/anything", "m", "/health")) == row.to_busy);
    CHECK(is_good(health_canary("/health")) == row.to_idle);
  });
}
