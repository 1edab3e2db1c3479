// Models that are asked how they are while they have nothing to do (healthCheckInterval).
#include <atomic>
#include <chrono>
#include <string>

#include "catch.h"
#include "support/contains.h"
#include "support/process_config.h"
#include "support/scripted_upstream.h"

using namespace llmsnap;
using namespace llmsnap::test;
using namespace std::chrono_literals;

namespace {

/// A model's server whose health and answers change while it runs.
class Server {
 public:
  std::atomic<int> health{200};  ///< 0: the question is not answered
  std::atomic<int> chats{200};
  std::atomic<int> asked{0};  ///< for its health

  /// A process that serves nothing itself: this answers in its place.
  ModelConfig model(std::chrono::milliseconds interval) const {
    ModelConfig model = command_model("m", "sleep 60");
    model.proxy = upstream_.url();
    model.health_check_interval = interval;
    return model;
  }

  bool wait_until_asked(int more) {
    const int wanted = asked + more;
    return eventually([this, wanted] { return asked >= wanted; });
  }

 private:
  bool answer(TestSocket& client, const std::string& head) {
    const bool is_health = head.starts_with("GET /health ");
    const int status = is_health ? health : chats;
    asked += is_health ? 1 : 0;
    if (status == 0) {
      client.closes_within(std::chrono::milliseconds(Patience));
      return false;
    }
    return client.send("HTTP/1.1 " + std::to_string(status) + " x\r\nContent-Length: 2\r\n\r\n{}");
  }

  ScriptedUpstream upstream_{[this](TestSocket& client, const std::string& head,
                                    const std::string&) { return answer(client, head); }};
};

}  // namespace

TEST_CASE("an idle model whose health turns bad is restarted without a request", "[process]") {
  ModelConfig model = process_model("m", "--health-fails-after-ms 1500");
  model.health_check_interval = 20ms;
  model.restart = RestartPolicy::OnFailure;
  ProcessGateway gateway({model});
  REQUIRE(gateway.chat().status == 200);
  const pid_t first = gateway.pid();
  REQUIRE(gateway.history().wait_for("m", ModelState::Failed));
  const std::string why = gateway.history().last_why("m", ModelState::Failed);
  CHECK(contains(why, "several health checks in a row failed"));
  CHECK(contains(why, "GET /health: status 503"));
  REQUIRE(gateway.history().wait_for("m", ModelState::Ready, 2));
  CHECK(is_gone(first));
}

TEST_CASE("an idle model that says that it fails is stopped", "[process]") {
  Server server;
  ProcessGateway gateway({server.model(5ms)});
  REQUIRE(gateway.chat().status == 200);
  server.health = GENERATE(500, 502, 503);
  REQUIRE(gateway.history().wait_for("m", ModelState::Failed));
  CHECK(contains(gateway.history().last_why("m", ModelState::Failed),
                 "GET /health: status " + std::to_string(server.health)));
  server.health = 200;
  CHECK(gateway.chat().status == 200);
}

TEST_CASE("a healthy idle model is asked again and again, and goes on", "[process]") {
  Server server;
  server.chats = 404;  // says nothing of its health
  ProcessGateway gateway({server.model(2ms)});
  gateway.chat();
  const pid_t pid = gateway.pid();
  CHECK(server.wait_until_asked(50));
  CHECK(gateway.pid() == pid);
  CHECK(gateway.history().becomes("m starting, m ready"));
}

TEST_CASE("failures with a good health check between them are no series", "[process]") {
  Server server;
  ProcessGateway gateway({server.model(2ms)});
  gateway.chat();
  for (int i = 0; i < 5; ++i) {
    server.health = 404;  // good enough: it could say 200 once
    CHECK(server.wait_until_asked(4));
    server.health = 200;
    CHECK(server.wait_until_asked(2));
  }
  CHECK_FALSE(gateway.has_logged("it is asked by us"));
}

TEST_CASE("good health checks do not hide that requests fail", "[process]") {
  Server server;
  ProcessGateway gateway({server.model(2ms)});
  REQUIRE(gateway.chat().status == 200);
  server.chats = 500;
  for (int i = 0; i < 3; ++i) {
    CHECK(gateway.chat().status == 500);
    CHECK((i == 2 || server.wait_until_asked(3)));
  }
  REQUIRE(gateway.history().wait_for("m", ModelState::Failed));
  CHECK(contains(gateway.history().last_why("m", ModelState::Failed),
                 "several answers in a row failed, and the one to us: POST"));
}

TEST_CASE("a model is not asked while it works", "[process]") {
  Server server;
  ProcessGateway gateway({server.model(2ms)});
  REQUIRE(gateway.chat().status == 200);
  server.chats = 0;
  TestSocket working = gateway.client(chat_with("m"));
  REQUIRE(eventually([&gateway] { return gateway.status().in_flight == 1; }));
  server.health = 0;  // what is under way now says nothing: it is no idle model's
  const int asked = server.asked;
  // As many rounds of something else as there would have been questions.
  for (int i = 0; i < 200; ++i) {
    exchange(gateway.port(), "GET /running HTTP/1.1\r\nHost: localhost\r\n\r\n");
  }
  CHECK(server.asked <= asked + 1);  // one that had begun
  CHECK(gateway.history().becomes("m starting, m ready"));
}

TEST_CASE("a model is not asked while it sleeps", "[process]") {
  Server server;
  ModelConfig model = server.model(2ms);
  model.sleep.enabled = true;
  model.sleep.sleep = {{"/sleep", "POST", "", 2s}};
  model.sleep.wake = {{"/wake_up", "POST", "", 2s}};
  server.chats = 200;
  ProcessGateway gateway({model});
  REQUIRE(gateway.chat().status == 200);
  REQUIRE(server.wait_until_asked(2));
  exchange(gateway.port(), post_to("/api/models/sleep/m"));
  REQUIRE(gateway.history().wait_for("m", ModelState::Asleep));
  const int asked = server.asked;
  server.health = 500;
  for (int i = 0; i < 200; ++i) {
    exchange(gateway.port(), "GET /running HTTP/1.1\r\nHost: localhost\r\n\r\n");
  }
  CHECK(server.asked == asked);
  server.health = 200;
  CHECK(gateway.chat().status == 200);
  CHECK(server.wait_until_asked(3));
}

TEST_CASE("a new interval takes effect where the model runs", "[process]") {
  Server server;
  ModelConfig model = server.model(0ms);
  ProcessGateway gateway({model});
  REQUIRE(gateway.chat().status == 200);
  const pid_t pid = gateway.pid();
  CHECK(server.asked == 1);  // before it was ready
  model.health_check_interval = 2ms;
  const ReloadReport report = gateway.gateway().reload(process_config({model}));
  CHECK(report.kept == std::vector<std::string>{"m"});
  CHECK(server.wait_until_asked(5));
  model.health_check_interval = 0ms;
  gateway.gateway().reload(process_config({model}));
  server.health = 500;
  const int asked = server.asked;
  for (int i = 0; i < 200; ++i) {
    exchange(gateway.port(), "GET /running HTTP/1.1\r\nHost: localhost\r\n\r\n");
  }
  CHECK(server.asked <= asked + 1);
  CHECK(gateway.pid() == pid);
  CHECK(gateway.history().becomes("m starting, m ready"));
}
