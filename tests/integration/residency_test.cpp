// Residency: how long models keep their memory: sleep and wake, ttl, keep_alive, maxLoaded,
// preload.
#include <signal.h>

#include <chrono>
#include <string>

#include "catch.h"
#include "support/contains.h"
#include "support/process_config.h"
#include "support/temporary_folder.h"

using namespace llmsnap;
using namespace llmsnap::test;
using namespace std::chrono_literals;

namespace {

ModelConfig sleeper(const std::string& id, const std::string& flags = {}) {
  ModelConfig model = process_model(id, "--sleep-endpoints " + flags);
  model.sleep.enabled = true;
  model.sleep.sleep = {{"/sleep?level=1", "POST", "", 2s}};
  model.sleep.wake = {{"/wake_up", "POST", "", 2s}};
  return model;
}

ReceivedAnswer post(ProcessGateway& gateway, const std::string& path) {
  return exchange(gateway.port(), post_to(path));
}

std::string chat_that_stays(const std::string& model, const std::string& keep_alive) {
  const std::string body =
      R"({"model":")" + model + R"(","messages":[],"keep_alive":)" + keep_alive + "}";
  return "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

/// `a` sleeps for `b`'s sake, and wakes in the process that it had.
void swap_to_b_and_back(ProcessGateway& gateway) {
  CHECK(gateway.chat("a").status == 200);
  const pid_t process = gateway.pid("a");
  CHECK(gateway.chat("b").status == 200);
  CHECK(gateway.status("a").state == ModelState::Asleep);
  CHECK(gateway.chat("a").status == 200);
  CHECK(gateway.pid("a") == process);
}

}  // namespace

TEST_CASE("a model that can sleep keeps its process when it makes room, and wakes in it",
          "[residency]") {
  ProcessGateway gateway({sleeper("a", "--sleep-ms 30"), process_model("b")});
  swap_to_b_and_back(gateway);
  CHECK(gateway.history().becomes(
      "a starting, a ready, a draining, a sleepPending, a asleep, b starting, b ready, b draining, "
      "b stopping, b stopped, a waking, a ready"));
}

TEST_CASE("requests that come while a model falls asleep wait, and none reaches a sleeper",
          "[residency]") {
  ProcessGateway gateway({sleeper("m", "--sleep-ms 300")});
  CHECK(gateway.chat().status == 200);
  TestSocket operator_ = gateway.client(post_to("/api/models/sleep/m"));
  CHECK(gateway.history().wait_for("m", ModelState::SleepPending));
  TestSocket client = gateway.client(chat_with("m"));
  const ReceivedAnswer slept = receive_answer(operator_);
  CHECK(slept.status == 200);
  CHECK(contains(slept.body, "asleep"));
  CHECK(receive_answer(client).status == 200);
  CHECK(gateway.history().counts("m", ModelState::Starting, 1));
}

TEST_CASE("a client cannot put a model to sleep behind the gateway's back", "[residency]") {
  ProcessGateway gateway({sleeper("m"), process_model("free", "--sleep-endpoints")});
  CHECK(gateway.chat().status == 200);
  for (const std::string path : {"/sleep", "/%73leep?level=2", "//wake_up/", "/collective_rpc"}) {
    const ReceivedAnswer refused = post(gateway, "/upstream/m" + path);
    CHECK(refused.status == 403);
    CHECK(contains(refused.body, "POST /api/models/sleep/m"));
  }
  // Nor by a body that names it.
  for (const std::string path : {"/sleep", "/wake_up", "/collective_rpc"}) {
    const std::string body = R"({"model":"m"})";
    const ReceivedAnswer refused = exchange(
        gateway.port(), "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
                            std::to_string(body.size()) + "\r\n\r\n" + body);
    CHECK(refused.status == 403);
  }
  CHECK(gateway.chat().status == 200);
  CHECK(contains(exchange(gateway.port(),
                          "GET /upstream/m/is_sleeping HTTP/1.1\r\nHost: localhost"
                          "\r\n\r\n")
                     .body,
                 "false"));
  CHECK(post(gateway, "/upstream/free/sleep").status == 200);  // it is none of the gateway's
}

TEST_CASE("a model that does not fall asleep is stopped instead, and that is what is answered",
          "[residency][P25]") {
  ProcessGateway gateway({sleeper("m", "--sleep 500")});
  CHECK(gateway.chat().status == 200);
  const ReceivedAnswer answer = post(gateway, "/api/models/sleep/m");
  CHECK(answer.status == 409);
  CHECK(contains(answer.body, "m was stopped instead, it did not fall asleep: POST /sleep"));
  CHECK(gateway.history().wait_for("m", ModelState::Stopped));
}

TEST_CASE("a model that cannot say whether it sleeps is not believed, and stopped",
          "[residency][P25]") {
  ProcessGateway gateway({sleeper("m", "--is-sleeping 500")});
  CHECK(gateway.chat().status == 200);
  const ReceivedAnswer answer = post(gateway, "/api/models/sleep/m");
  CHECK(answer.status == 409);
  CHECK(contains(answer.body, "it did not fall asleep: GET /is_sleeping: status 500"));
  CHECK(gateway.history().wait_for("m", ModelState::Stopped));
  CHECK(gateway.history().count("m", ModelState::Asleep) == 0);
}

TEST_CASE("no request reaches a model that says it is woken and sleeps on", "[residency][P25]") {
  ModelConfig model = sleeper("m", "--sleeps-on");
  model.health_check_timeout = 1s;
  ProcessGateway gateway({model});
  CHECK(gateway.chat().status == 200);
  CHECK(post(gateway, "/api/models/sleep/m").status == 200);
  CHECK(gateway.chat().status == 200);
  CHECK(gateway.history().wait_for("m", ModelState::Starting, 2));
  CHECK(contains(gateway.history().last_why("m", ModelState::Stopping),
                 "GET /is_sleeping still says that it sleeps"));
}

TEST_CASE("a model of an exclusive group puts one of another group to sleep", "[residency]") {
  Config config = process_config({sleeper("a"), process_model("b")});
  config.groups = {{.name = "one", .members = {"a"}}, {.name = "other", .members = {"b"}}};
  ProcessGateway gateway(config);
  swap_to_b_and_back(gateway);
  CHECK(gateway.history().wait_for("b", ModelState::Stopped));
}

TEST_CASE("of a group that makes room each model sleeps that can, and the others stop",
          "[residency]") {
  Config config = process_config({sleeper("a"), process_model("b"), process_model("c")});
  config.groups = {{.name = "nobody", .members = {}},
                   {.name = "pair", .swap = false, .members = {"a", "b"}},
                   {.name = "other", .members = {"c"}}};
  ProcessGateway gateway(config);
  for (const char* model : {"a", "b", "c"}) {
    CHECK(gateway.chat(model).status == 200);
  }
  CHECK(gateway.status("a").state == ModelState::Asleep);
  CHECK(gateway.status("b").state == ModelState::Stopped);
  CHECK(gateway.status("c").state == ModelState::Ready);
  CHECK(gateway.history().counts("a", ModelState::Starting, 1));
}

TEST_CASE("a wake of three steps is one wake, and a step that fails starts the model anew",
          "[residency]") {
  const bool fails = GENERATE(false, true);
  ModelConfig model = sleeper("m");
  model.sleep.wake = {{"/is_sleeping", "GET", "", 2s},
                      {"/wake_up", "POST", "", 2s},
                      {fails ? "/no_such_route" : "/is_sleeping", "GET", "", 2s}};
  ProcessGateway gateway({model});
  CHECK(gateway.chat().status == 200);
  const pid_t process = gateway.pid();
  CHECK(post(gateway, "/api/models/sleep/m").status == 200);
  CHECK(gateway.chat().status == 200);
  CHECK((gateway.pid() == process) == !fails);
  CHECK(gateway.history().wait_for("m", ModelState::Waking));
}

TEST_CASE("a model that does not wake is started anew for the request that waits",
          "[residency][P25]") {
  ModelConfig model = sleeper("m");
  model.sleep.wake = {{"/no_such_route", "POST", "", 2s}};
  ProcessGateway gateway({model});
  CHECK(gateway.chat().status == 200);
  CHECK(post(gateway, "/api/models/sleep/m").status == 200);
  CHECK(gateway.chat().status == 200);
  CHECK(gateway.history().wait_for("m", ModelState::Starting, 2));
  CHECK(contains(gateway.history().last_why("m", ModelState::Stopping), "it did not wake"));
}

TEST_CASE("a sleep or a wake that is never answered ends with its step's time",
          "[residency][P25]") {
  const bool sleep_hangs = GENERATE(true, false);
  ModelConfig model = sleeper("m", sleep_hangs ? "--sleep hang" : "--inference hang");
  model.sleep.sleep[0].timeout = 200ms;
  model.sleep.wake = {{"/v1/completions", "POST", "{}", 200ms}};
  ProcessGateway gateway({model});
  REQUIRE(gateway.processes().start("m"));
  const auto begin = std::chrono::steady_clock::now();
  CHECK(post(gateway, "/api/models/sleep/m").status == (sleep_hangs ? 409 : 200));
  if (!sleep_hangs) {
    CHECK(post(gateway, "/api/models/wake/m").status == 200);
    CHECK(gateway.history().wait_for("m", ModelState::Ready, 2));
    CHECK(contains(gateway.history().last_why("m", ModelState::Stopping), "it did not wake"));
  }
  CHECK(gateway.history().wait_for("m", ModelState::Stopped));
  CHECK(std::chrono::steady_clock::now() - begin < 5s);
}

TEST_CASE("who loads a model that cannot start is told why, each time that he tries",
          "[residency]") {
  const std::string operation = GENERATE("load", "wake");
  ProcessGateway gateway({command_model("m", "sh -c 'echo no memory left; exit 3' ${PORT}")});
  for (std::size_t attempt = 1; attempt <= 2; ++attempt) {
    const ReceivedAnswer failed = post(gateway, "/api/models/" + operation + "/m");
    CHECK(failed.status == 502);
    CHECK(contains(failed.body, "exited with code 3"));
    CHECK(contains(failed.body, "no memory left"));
    CHECK(gateway.status().state == ModelState::Failed);
    CHECK(gateway.history().wait_for("m", ModelState::Failed, attempt));
  }
}

TEST_CASE("a wake that fails, and the start after it, are answered with the reason",
          "[residency][P25]") {
  const TemporaryFolder folder;
  ModelConfig model = sleeper("m");
  model.cmd = "sh -c 'mkdir " + folder.path("started") + " && exec " + fake_model() +
              " --port ${PORT} --sleep-endpoints; echo its weights are gone; exit 3'";
  model.sleep.wake = {{"/no_such_route", "POST", "", 2s}};
  ProcessGateway gateway({model});
  REQUIRE(gateway.chat().status == 200);
  REQUIRE(post(gateway, "/api/models/sleep/m").status == 200);
  const ReceivedAnswer answer = post(gateway, "/api/models/wake/m");
  CHECK(answer.status == 502);
  CHECK(contains(answer.body, "exited with code 3"));
  CHECK(contains(answer.body, "its weights are gone"));
  CHECK(gateway.status().state == ModelState::Failed);
  CHECK(gateway.history().wait_for("m", ModelState::Failed));
  CHECK(contains(gateway.history().last_why("m", ModelState::Stopping), "it did not wake"));
}

TEST_CASE("a sleeper that is killed is started anew for the next request", "[residency]") {
  ProcessGateway gateway({sleeper("m")});
  CHECK(gateway.chat().status == 200);
  CHECK(post(gateway, "/api/models/sleep/m").status == 200);
  ::kill(gateway.pid(), SIGKILL);
  CHECK(gateway.history().wait_for("m", ModelState::Failed));
  CHECK(gateway.chat().status == 200);
}

TEST_CASE("what cannot sleep says so", "[residency]") {
  ProcessGateway gateway({process_model("m"), sleeper("s")});
  CHECK(contains(post(gateway, "/api/models/sleep/m").body, "m has no way to sleep"));
  CHECK(contains(post(gateway, "/api/models/sleep/s").body, "s does not run"));
  CHECK(post(gateway, "/api/models/sleep/none").status == 404);
}

TEST_CASE("after its ttl a model stops, and one that can sleep sleeps first and stops later",
          "[residency]") {
  ModelConfig plain = process_model("plain");
  plain.ttl = 150ms;
  ModelConfig ladder = sleeper("ladder");
  ladder.ttl = 150ms;
  ladder.stop_after = 150ms;
  ProcessGateway gateway(side_by_side({plain, ladder}));
  CHECK(gateway.chat("plain").status == 200);
  CHECK(gateway.chat("ladder").status == 200);
  CHECK(gateway.history().wait_for("plain", ModelState::Stopped));
  CHECK(gateway.history().wait_for("ladder", ModelState::Stopped));
  CHECK(gateway.history().counts("ladder", ModelState::Asleep, 1));
  CHECK(contains(gateway.history().last_why("plain", ModelState::Stopping), "longer than its ttl"));
  CHECK(contains(gateway.history().last_why("ladder", ModelState::Stopping), "its stopAfter"));
}

TEST_CASE("a request longer than the ttl is not interrupted", "[residency]") {
  ModelConfig model = process_model("m", "--tokens 50 --tokens-per-second 100");
  model.ttl = 100ms;
  ProcessGateway gateway({model});
  const ReceivedAnswer answer = gateway.chat();
  CHECK(answer.status == 200);
  CHECK(answer.complete);
  CHECK(gateway.history().wait_for("m", ModelState::Stopped));
}

TEST_CASE("a request says how long its model stays, within the config's bound", "[residency]") {
  ModelConfig bound = process_model("bound");
  bound.max_keep_alive = 100ms;
  ProcessGateway gateway(side_by_side({process_model("m"), bound}));
  CHECK(exchange(gateway.port(), chat_that_stays("m", "0")).status == 200);
  CHECK(gateway.history().wait_for("m", ModelState::Stopped));
  CHECK(exchange(gateway.port(), chat_that_stays("bound", "-1")).status == 200);
  CHECK(gateway.history().wait_for("bound", ModelState::Stopped));
  const ReceivedAnswer refused = exchange(gateway.port(), chat_that_stays("m", "true"));
  CHECK(refused.status == 400);
  CHECK(gateway.history().counts("m", ModelState::Starting, 1));
}

TEST_CASE("over maxLoaded the least recently used idle model goes", "[residency]") {
  Config config = side_by_side({process_model("a"), process_model("b"), process_model("c")});
  config.max_loaded = 2;
  ProcessGateway gateway(config);
  for (const char* model : {"a", "b", "a", "c"}) {
    CHECK(gateway.chat(model).status == 200);
  }
  CHECK(gateway.history().becomes(
      "a starting, a ready, b starting, b ready, b draining, b stopping, b stopped, c starting, c "
      "ready"));
  CHECK(gateway.status("b").state == ModelState::Stopped);
  const ReceivedAnswer decisions =
      exchange(gateway.port(), "GET /api/scheduler/decisions HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(contains(decisions.body, "it makes room for c: idle"));
  CHECK(contains(decisions.body, "least recently used of 2"));
}

TEST_CASE("a model with restart on-failure comes back without a request", "[residency]") {
  ModelConfig model = process_model("m");
  model.restart = RestartPolicy::OnFailure;
  ProcessGateway gateway({model});
  CHECK(gateway.chat().status == 200);
  ::kill(gateway.pid(), SIGKILL);
  CHECK(gateway.history().wait_for("m", ModelState::Ready, 2));
  CHECK(gateway.unload().status == 200);
  CHECK(gateway.status().state == ModelState::Stopped);
}

TEST_CASE("the idle set comes back when nothing needs the room", "[residency]") {
  ModelConfig guest = process_model("guest");
  guest.ttl = 100ms;
  Config config = process_config({process_model("home"), guest});
  config.idle = {"home"};
  ProcessGateway gateway(config);
  gateway.gateway().preload();
  const auto home_is_ready = [&gateway] {
    return gateway.status("home").state == ModelState::Ready;
  };
  CHECK(eventually(home_is_ready));
  CHECK(gateway.chat("guest").status == 200);
  CHECK(gateway.history().wait_for("home", ModelState::Stopped));
  CHECK(eventually(home_is_ready));
}

TEST_CASE("what is preloaded is there without a request, one after the other", "[residency]") {
  Config config = side_by_side({process_model("a"),
                                process_model("broken", "--load-ms 60000 --exit-after-ms 1"),
                                process_model("b")});
  config.preload = {"b", "broken", "a"};
  ProcessGateway gateway(config);
  gateway.gateway().preload();
  CHECK(gateway.history().wait_for("a", ModelState::Ready));
  CHECK(gateway.history().becomes(
      "b starting, b ready, broken starting, broken failed, a starting, a ready"));
}
