// Models that live, are healthy by their own account, and do not serve.
#include <string>

#include "catch.h"
#include "support/contains.h"
#include "support/process_config.h"
#include "support/scripted_upstream.h"

using namespace llmsnap;
using namespace llmsnap::test;

namespace {

/// A process that serves nothing itself: the scripted server answers in its place.
ModelConfig served_by(const ScriptedUpstream& upstream) {
  ModelConfig model = command_model("m", "sleep 60");
  model.proxy = upstream.url();
  model.check_endpoint = "none";
  return model;
}

std::string answer_with(int status) {
  return "HTTP/1.1 " + std::to_string(status) + " x\r\nContent-Length: 2\r\n\r\n{}";
}

}  // namespace

TEST_CASE("a model whose answers fail, and the one to us too, is started anew by the next request",
          "[process]") {
  ProcessGateway gateway({process_model("m", "--fail-after 2")});
  CHECK(gateway.chat().status == 200);
  const pid_t first = gateway.pid();
  CHECK(gateway.chat().status == 200);
  for (int i = 0; i < 3; ++i) {
    CHECK(gateway.chat().status == 500);
  }
  REQUIRE(gateway.history().wait_for("m", ModelState::Failed));
  const std::string why = gateway.history().last_why("m", ModelState::Failed);
  CHECK(contains(why, "several answers in a row failed"));
  CHECK(contains(why, "POST /v1/chat/completions: status 500"));
  CHECK(contains(why, "CUDA error"));
  CHECK(is_gone(first));
  CHECK(gateway.chat().status == 200);
  CHECK(gateway.pid() != first);
}

TEST_CASE("a model that fails is asked under the name that a new config gives it", "[process]") {
  ScriptedUpstream upstream([](TestSocket& client, const std::string&, const std::string& body) {
    client.send(answer_with(body.find("bad") != std::string::npos ? 500 : 200));
    return true;
  });
  ModelConfig model = served_by(upstream);
  ProcessGateway gateway({model});
  CHECK(gateway.chat().status == 200);
  model.use_model_name = "renamed";
  gateway.gateway().reload(process_config({model}));
  for (int i = 0; i < 3; ++i) {
    CHECK(exchange(gateway.port(), chat_request(R"({"model":"m","messages":"bad"})")).status ==
          500);
  }
  CHECK(upstream.wait_for_requests(5));
  CHECK(contains(upstream.received().back(), R"("max_tokens":1)"));
  CHECK(contains(upstream.received().back(), R"("model":"renamed")"));
  CHECK(gateway.history().counts("m", ModelState::Starting, 1));
}

TEST_CASE("bad requests of a client do not restart a model that serves others", "[process]") {
  ScriptedUpstream upstream([](TestSocket& client, const std::string&, const std::string& body) {
    client.send(answer_with(body.find("bad") != std::string::npos ? 500 : 200));
    return true;
  });
  ProcessGateway gateway({served_by(upstream)});
  for (int i = 0; i < 12; ++i) {
    const std::string bad = chat_request(R"({"model":"m","messages":"bad"})");
    CHECK(exchange(gateway.port(), bad).status == 500);
  }
  CHECK(eventually([&gateway] { return gateway.has_logged("its answer to us is good"); }));
  CHECK(upstream.received().size() == 13);  // one of ours, however often it is the client's fault
  CHECK(gateway.chat().status == 200);
  CHECK(gateway.history().becomes("m starting, m ready"));
}

TEST_CASE("an answer in between, or one that says not now, is no series of failures", "[process]") {
  const std::vector<int> statuses = GENERATE(std::vector<int>{500, 500, 200, 500, 500, 200},
                                             std::vector<int>{503, 503, 503, 503, 503, 503});
  std::size_t next = 0;
  ScriptedUpstream upstream([&](TestSocket& client, const std::string&, const std::string&) {
    client.send(answer_with(statuses[next++ % statuses.size()]));
    return true;
  });
  ProcessGateway gateway({served_by(upstream)});
  for (const int status : statuses) {
    CHECK(gateway.chat().status == status);
  }
  CHECK(gateway.unload().status == 200);  // goes the way that an examination would have gone
  CHECK(eventually([&gateway] { return gateway.has_logged("is stopped: unloaded on request"); }));
  CHECK_FALSE(gateway.has_logged("it is asked by us"));
  CHECK(upstream.received().size() == statuses.size());
}

TEST_CASE("answers that break off count as failed ones", "[process]") {
  ScriptedUpstream upstream([](TestSocket& client, const std::string&, const std::string&) {
    client.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
    return false;
  });
  ProcessGateway gateway({served_by(upstream)});
  for (int i = 0; i < 3; ++i) {
    CHECK_FALSE(gateway.chat().complete);
  }
  REQUIRE(gateway.history().wait_for("m", ModelState::Failed));
  CHECK(contains(gateway.history().last_why("m", ModelState::Failed), "the answer broke off"));
}

TEST_CASE("what a model never could is no reason to restart it for those whom it serves",
          "[process]") {
  ScriptedUpstream upstream([](TestSocket& client, const std::string& head, const std::string&) {
    const bool chat = head.find("/chat/completions") != std::string::npos;
    client.send(answer_with(chat ? 500 : 200));
    return true;
  });
  ProcessGateway gateway({served_by(upstream)});
  for (int i = 0; i < 6; ++i) {
    CHECK(gateway.chat().status == 500);
  }
  CHECK(eventually([&gateway] { return gateway.has_logged("it is asked by us: GET /"); }));
  CHECK(eventually([&gateway] { return gateway.has_logged("its answer to us is good"); }));
  CHECK(gateway.history().becomes("m starting, m ready"));
}
