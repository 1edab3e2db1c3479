// Selectors: names that stand for several models, and where their requests go.
#include <signal.h>

#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "catch.h"
#include "support/contains.h"
#include "support/listed.h"
#include "support/process_config.h"
#include "support/scripted_upstream.h"

using namespace llmsnap;
using namespace llmsnap::test;
using Json = nlohmann::json;

namespace {

SelectorConfig selector(const std::string& id, SelectorStrategy strategy,
                        const std::vector<std::string>& targets) {
  SelectorConfig config;
  config.id = id;
  config.strategy = strategy;
  config.targets = targets;
  config.target_names = targets;
  return config;
}

Config with_selector(Config config, const SelectorConfig& selector) {
  config.selectors[selector.id] = selector;
  return config;
}

Config warm(const std::vector<ModelConfig>& models, const std::vector<std::string>& targets) {
  return with_selector(process_config(models), selector("s", SelectorStrategy::Warm, targets));
}

/// Keeps a request until it is told to answer.
class Held {
 public:
  ScriptedUpstream::Script script() {
    return [this](TestSocket& client, const std::string&, const std::string&) {
      const MutexLock lock(mutex_);
      while (!released_) {
        changed_.wait_until(mutex_, std::chrono::steady_clock::now() + std::chrono::seconds(10));
      }
      return client.send(plain_answer("{}"));
    };
  }
  void release() {
    const MutexLock lock(mutex_);
    released_ = true;
    changed_.notify_all();
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  bool released_ GUARDED_BY(mutex_) = false;
};

/// Takes so many requests, closes the connections of all of them at once, and serves from then on.
class BreaksOnce {
 public:
  explicit BreaksOnce(std::size_t requests) : requests_(requests) {}

  ScriptedUpstream::Script script() {
    return [this](TestSocket& client, const std::string&, const std::string&) {
      const MutexLock lock(mutex_);
      if (arrived_ == requests_) {
        return client.send(plain_answer("{}"));
      }
      ++arrived_;
      changed_.notify_all();
      while (arrived_ < requests_) {
        changed_.wait_until(mutex_, std::chrono::steady_clock::now() + std::chrono::seconds(10));
      }
      return false;
    };
  }

 private:
  const std::size_t requests_;
  Mutex mutex_;
  CondVar changed_;
  std::size_t arrived_ GUARDED_BY(mutex_) = 0;
};

}  // namespace

TEST_CASE("a warm selector asks the model that is ready, else the first", "[selectors]") {
  ProcessGateway gateway(warm({process_model("a"), process_model("b")}, {"a", "b"}));
  CHECK(status_value(listed(gateway, "s")) == "unloaded");
  REQUIRE(gateway.chat("b").status == 200);
  CHECK(status_value(listed(gateway, "s")) == "loaded");
  CHECK(gateway.chat("s").status == 200);
  CHECK(gateway.history().count("a", ModelState::Starting) == 0);
  REQUIRE(gateway.unload("b").status == 200);
  CHECK(gateway.chat("s").status == 200);
  CHECK(gateway.history().wait_for("a", ModelState::Ready));
  const auto records = gateway.wait_for_records(6);
  CHECK(records.back().requested_model == "s");
  CHECK(records.back().selector == "s");
  CHECK(records.back().model == "a");
}

TEST_CASE("where a target cannot start, the next one serves, and is asked first then",
          "[selectors]") {
  ProcessGateway gateway(
      warm({command_model("a", "false ${PORT}"), process_model("b")}, {"a", "b"}));
  CHECK(gateway.chat("s").status == 200);
  REQUIRE(gateway.unload("b").status == 200);
  CHECK(gateway.chat("s").status == 200);
  CHECK(gateway.history().counts("a", ModelState::Starting, 1));
  CHECK(eventually([&gateway] { return gateway.has_logged("s: a refused"); }));
}

TEST_CASE("a target that is full is asked again as soon as it has room", "[selectors]") {
  ModelConfig big = process_model("big", "--tokens-per-second 30");
  big.concurrency_limit = 1;
  ProcessGateway gateway(with_selector(side_by_side({big, process_model("small")}),
                                       selector("s", SelectorStrategy::Warm, {"big", "small"})));
  TestSocket stream = gateway.begun_stream("s");
  CHECK(gateway.chat("s").status == 200);
  CHECK(receive_answer(stream).complete);
  gateway.wait_for_records(2);
  CHECK(gateway.chat("s").status == 200);
  const auto records = gateway.wait_for_records(3);
  REQUIRE(records.size() == 3);
  CHECK(records[0].model == "small");
  CHECK(records[1].model == "big");
  CHECK(records[2].model == "big");
}

TEST_CASE("a target that breaks off several requests at once is soon asked again", "[selectors]") {
  BreaksOnce breaks(6);
  ScriptedUpstream a(breaks.script());
  ScriptedUpstream b(always(plain_answer("{}")));
  Config config;
  config.models["a"] = served_at("a", a.url());
  config.models["b"] = served_at("b", b.url());
  TestGateway gateway(with_selector(config, selector("s", SelectorStrategy::Warm, {"a", "b"})));
  std::vector<TestSocket> clients;
  for (int request = 0; request < 6; ++request) {
    clients.push_back(TestSocket::connect(gateway.port()));
    clients.back().send(chat_request(R"({"model":"s"})"));
  }
  for (TestSocket& client : clients) {
    CHECK(receive_answer(client).status == 200);
  }
  CHECK(eventually([&gateway, &a] {
    exchange(gateway.port(), chat_request(R"({"model":"s"})"));
    return a.received().size() > 6;
  }));
}

TEST_CASE("where no target can start, the last one's reason is told", "[selectors]") {
  ProcessGateway gateway(warm({command_model("a", "false ${PORT}"),
                               command_model("b", "sh -c 'echo b is ill; exit 3' ${PORT}")},
                              {"a", "b"}));
  const ReceivedAnswer answer = gateway.chat("s");
  CHECK(answer.status == 502);
  CHECK(contains(answer.body, "b is ill"));
}

TEST_CASE("a spillover selector all of whose targets are stopping is refused, and served later",
          "[selectors]") {
  Config config =
      side_by_side({process_model("a", "--ignore-term"), process_model("b", "--ignore-term")});
  ProcessGateway gateway(
      with_selector(config, selector("s", SelectorStrategy::Spillover, {"a", "b"})));
  std::vector<TestSocket> operators;
  for (const std::string model : {"a", "b"}) {
    REQUIRE(gateway.chat(model).status == 200);
    operators.push_back(gateway.client(post_to("/api/models/unload/" + model)));
    REQUIRE(gateway.history().wait_for(model, ModelState::Stopping));
  }
  const ReceivedAnswer refused = gateway.chat("s");
  CHECK(refused.status == 503);
  CHECK(contains(refused.body, R"(selector \"s\" has no available spillover targets)"));
  CHECK(refused.field("retry-after") != "(none)");
  for (const std::string model : {"a", "b"}) {
    ::kill(gateway.pid(model), SIGKILL);  // else they would stay until unloadTimeout
    REQUIRE(gateway.history().wait_for(model, ModelState::Stopped));
  }
  CHECK(gateway.chat("s").status == 200);
  CHECK(gateway.history().wait_for("a", ModelState::Ready, 2));
  ::kill(gateway.pid("a"), SIGKILL);  // nor does the end of the gateway end it
}

TEST_CASE("a pinned selector stays with its first target", "[selectors]") {
  Config config = process_config({command_model("a", "false ${PORT}"), process_model("b")});
  ProcessGateway gateway(with_selector(config, selector("s", SelectorStrategy::Pin, {"a", "b"})));
  REQUIRE(gateway.chat("b").status == 200);
  CHECK(status_value(listed(gateway, "s")) == "unloaded");  // by its first target
  CHECK(gateway.chat("s").status == 502);
  CHECK(gateway.history().counts("a", ModelState::Starting, 1));
}

TEST_CASE("two requests at once of a spillover selector go to two targets", "[selectors]") {
  Held held;
  ScriptedUpstream a(held.script());
  ScriptedUpstream b(held.script());
  Config config;
  config.models["a"] = served_at("a", a.url());
  config.models["b"] = served_at("b", b.url());
  TestGateway gateway(
      with_selector(config, selector("s", SelectorStrategy::Spillover, {"a", "b"})));
  TestSocket one = TestSocket::connect(gateway.port());
  one.send(chat_request(R"({"model":"s"})"));
  TestSocket two = TestSocket::connect(gateway.port());
  two.send(chat_request(R"({"model":"s"})"));
  CHECK(a.wait_for_requests(1));
  CHECK(b.wait_for_requests(1));
  held.release();
  CHECK(receive_answer(one).status == 200);
  CHECK(receive_answer(two).status == 200);
  CHECK(exchange(gateway.port(), chat_request(R"({"model":"s"})")).status == 200);
}

TEST_CASE("a client that leaves gives its place at the target back", "[selectors]") {
  Held at_a;
  Held at_b;
  ScriptedUpstream a(at_a.script());
  ScriptedUpstream b(at_b.script());
  Config config;
  config.models["a"] = served_at("a", a.url());
  config.models["b"] = served_at("b", b.url());
  TestGateway gateway(
      with_selector(config, selector("s", SelectorStrategy::Spillover, {"a", "b"})));
  TestSocket stays = TestSocket::connect(gateway.port());
  {
    TestSocket leaves = TestSocket::connect(gateway.port());
    leaves.send(chat_request(R"({"model":"s"})"));
    REQUIRE(a.wait_for_requests(1));
    stays.send(chat_request(R"({"model":"s"})"));
    REQUIRE(b.wait_for_requests(1));
  }
  REQUIRE(gateway.wait_for_records(1).size() == 1);
  at_a.release();
  for (int i = 0; i < 2; ++i) {
    CHECK(exchange(gateway.port(), chat_request(R"({"model":"s"})")).status == 200);
  }
  CHECK(a.received().size() == 3);
  at_b.release();
  CHECK(receive_answer(stays).status == 200);
}

TEST_CASE("the target's filters see the name that the selector has for it", "[selectors]") {
  ScriptedUpstream upstream(always(plain_answer("{}")));
  Config config;
  config.models["a"] = served_at("a", upstream.url());
  config.models["a"].aliases = {"a-cold"};
  config.models["a"].filters.set_params_by_id["a-cold"] = {{"temperature", "0"}};
  SelectorConfig cold = selector("s", SelectorStrategy::Pin, {"a"});
  cold.target_names = {"a-cold"};
  TestGateway gateway(with_selector(config, cold));
  exchange(gateway.port(), chat_request(R"({"model":"s"})"));
  REQUIRE(upstream.received().size() == 1);
  CHECK(contains(upstream.received().front(), R"({"model":"a-cold","temperature":0})"));
}

TEST_CASE("what loads models says of a selector which models it stands for", "[selectors]") {
  TestGateway gateway(warm({process_model("a"), process_model("b")}, {"a", "b"}));
  const auto by_path = exchange(gateway.port(),
                                "POST /api/models/load/s HTTP/1.1\r\nHost: "
                                "localhost\r\nContent-Length: 0\r\n\r\n");
  CHECK(by_path.status == 404);
  CHECK(contains(by_path.body, "model not found: s stands for a, b"));
  const auto by_body = exchange(gateway.port(),
                                "POST /models/load HTTP/1.1\r\nHost: localhost\r\n"
                                "Content-Length: 13\r\n\r\n{\"model\":\"s\"}");
  CHECK(by_body.status == 404);
  CHECK(contains(by_body.body, "model is not found: s stands for a, b"));
}

TEST_CASE("a selector is listed with what it is, unless it is unlisted, and has no /upstream",
          "[selectors]") {
  SelectorConfig spill = selector("s", SelectorStrategy::Spillover, {"a", "b"});
  spill.spillover = 3;
  spill.name = "Both";
  spill.description = "either of them";
  spill.metadata = R"({"team":"blue","type":"mine"})";
  SelectorConfig hidden = selector("hidden", SelectorStrategy::Pin, {"a"});
  hidden.unlisted = true;
  Config config = side_by_side({process_model("a"), process_model("b")});
  ProcessGateway gateway(with_selector(with_selector(config, spill), hidden));
  const Json record = listed(gateway, "s");
  CHECK(record.at("name") == "Both");
  CHECK(record.at("description") == "either of them");
  CHECK(record.at("meta").at("llamaswap") == Json({{"team", "blue"},
                                                   {"type", "selector"},
                                                   {"strategy", "spillover"},
                                                   {"targets", {"a", "b"}},
                                                   {"spillover", 3}}));
  CHECK(Json::parse(get(gateway, "/v1/models/s").body).at("id") == "s");
  CHECK(listed(gateway, "hidden").is_null());
  CHECK(get(gateway, "/upstream/s/props").status == 404);
  CHECK(gateway.chat("hidden").status == 200);
}
