// What never starts a model: paths under /upstream that upstream.ignorePaths names.
#include <string>

#include "catch.h"
#include "support/contains.h"
#include "support/process_config.h"
#include "support/scripted_upstream.h"

using namespace llmsnap;
using namespace llmsnap::test;

namespace {

std::string get(std::string_view path) {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
}

}  // namespace

TEST_CASE("an ignored path starts no model, and is served by one that is ready", "[ignored]") {
  ProcessGateway gateway({process_model("m")});
  const std::string path = GENERATE("/upstream/m/app.js", "/upstream/m/a/b.json?t=1.html",
                                    "/upstream/m/app%2Ejs", "/upstream/m/favicon.ico");
  const ReceivedAnswer refused = exchange(gateway.port(), get(path));
  CHECK(refused.status == 409);
  CHECK(contains(refused.body, "model m is not loaded; path matches upstream.ignorePaths"));
  CHECK(gateway.status().state == ModelState::Stopped);
  CHECK(gateway.history().events().empty());
  CHECK(exchange(gateway.port(), get("/upstream/m/v1/models?x=.js")).status == 200);
  CHECK(exchange(gateway.port(), get(path)).status != 409);
  CHECK(gateway.history().becomes("m starting, m ready"));
}

TEST_CASE("an ignored path neither waits for a start nor stops a swap", "[ignored]") {
  ProcessGateway gateway({process_model("a"), process_model("b", "--load-ms 300")});
  REQUIRE(gateway.chat("a").status == 200);
  TestSocket waiting = gateway.client(chat_with("b"));
  REQUIRE(gateway.history().wait_for("b", ModelState::Starting));
  CHECK(exchange(gateway.port(), get("/upstream/a/app.js")).status == 409);
  CHECK(exchange(gateway.port(), get("/upstream/b/app.js")).status == 409);
  CHECK(receive_answer(waiting).status == 200);
  CHECK(gateway.history().counts("a", ModelState::Starting, 1));
}

TEST_CASE("an ignored path wakes no model that sleeps", "[ignored]") {
  ModelConfig model = process_model("m", "--sleep-endpoints");
  model.sleep.enabled = true;
  model.sleep.sleep = {{"/sleep?level=1", "POST", "", std::chrono::seconds(2)}};
  model.sleep.wake = {{"/wake_up", "POST", "", std::chrono::seconds(2)}};
  ProcessGateway gateway({model});
  REQUIRE(gateway.chat().status == 200);
  REQUIRE(exchange(gateway.port(), post_to("/api/models/sleep/m")).status == 200);
  CHECK(exchange(gateway.port(), get("/upstream/m/app.js")).status == 409);
  CHECK(gateway.status().state == ModelState::Asleep);
}

TEST_CASE("ignored paths of servers that run by themselves, and of peers, are served",
          "[ignored]") {
  ScriptedUpstream server(always(plain_answer("{}")));
  Config config = process_config({});
  config.models["own"].proxy = server.url();
  config.peers["box"].proxy = server.url();
  config.peers["box"].models = {"theirs"};
  ProcessGateway gateway(config);
  CHECK(exchange(gateway.port(), get("/upstream/own/app.js")).status == 200);
  CHECK(exchange(gateway.port(), get("/upstream/box/theirs/app.js")).status == 200);
  CHECK(exchange(gateway.port(), get("/upstream/theirs/app.js")).status == 200);
}

TEST_CASE("a new config brings new ignored paths", "[ignored]") {
  Config config = process_config({process_model("m")});
  config.ignore_paths = {"^/page$", "("};  // the second is told of and left out
  ProcessGateway gateway(config);
  CHECK(eventually([&gateway] { return gateway.has_logged("an ignored path is left out"); }));
  CHECK(exchange(gateway.port(), get("/upstream/m/page")).status == 409);
  config.ignore_paths = {"^/other$"};
  CHECK(gateway.gateway().reload(config).needs_restart.empty());
  CHECK(exchange(gateway.port(), get("/upstream/m/other")).status == 409);
  CHECK(gateway.status().state == ModelState::Stopped);
  CHECK(exchange(gateway.port(), get("/upstream/m/page")).status != 409);
  CHECK(gateway.status().state == ModelState::Ready);
}
