// Traffic of several clients for several models at once: how often models are loaded for it, and
// that nobody waits for what is not his.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "catch.h"
#include "process/free_port.h"
#include "support/contains.h"
#include "support/process_config.h"

using namespace llmsnap;
using namespace llmsnap::test;
using namespace std::chrono_literals;

namespace {

using WallClock = std::chrono::system_clock;

/// A stream that is open for as long as a test needs it.
constexpr const char* Endless = "--tokens 2000 --tokens-per-second 100";

/// How long models were on the way from one state to another, all together.
WallClock::duration time_between(const std::vector<ModelEvent>& events, ModelState from,
                                 ModelState to) {
  WallClock::duration total{0};
  for (auto begin = events.begin(); begin != events.end(); ++begin) {
    if (begin->to != from) {
      continue;
    }
    const auto end = std::find_if(begin, events.end(), [&](const ModelEvent& event) {
      return event.model == begin->model && event.to == to;
    });
    total += end == events.end() ? WallClock::duration(0) : end->at - begin->at;
  }
  return total;
}

WallClock::time_point time_of(const std::vector<ModelEvent>& events, std::string_view model,
                              ModelState state) {
  const auto found = std::find_if(events.rbegin(), events.rend(), [&](const ModelEvent& event) {
    return event.model == model && event.to == state;
  });
  REQUIRE(found != events.rend());
  return found->at;
}

struct Served {
  int status = 0;
  WallClock::time_point at;
};

std::future<Served> served(TestSocket& client) {
  return std::async(std::launch::async, [&client] {
    const int status = receive_answer(client).status;
    return Served{status, WallClock::now()};
  });
}

}  // namespace

TEST_CASE("agents that ask for three models in turn load each of them once, and wait no longer",
          "[traffic][W-21]") {
  const std::string order = GENERATE("abaacabc", "abcabcab", "cbaabcca");
  ProcessGateway gateway({process_model("a", "--load-ms 300"), process_model("b", "--load-ms 300"),
                          process_model("c", "--load-ms 300")});
  const auto begin = WallClock::now();
  std::vector<TestSocket> clients;
  for (const char model : order) {
    clients.push_back(gateway.client(chat_with(std::string(1, model))));
  }
  std::vector<std::future<Served>> answers;
  for (TestSocket& client : clients) {
    answers.push_back(served(client));
  }
  std::vector<Served> all;
  for (std::future<Served>& answer : answers) {
    all.push_back(answer.get());
  }
  for (const char model : order.substr(0, 3)) {
    CHECK(gateway.history().wait_for(std::string(1, model), ModelState::Ready));
  }
  const std::vector<ModelEvent> events = gateway.history().events();
  const auto loads = time_between(events, ModelState::Starting, ModelState::Ready);
  const auto stops = time_between(events, ModelState::Draining, ModelState::Stopped);
  for (const Served& answer : all) {
    CHECK(answer.status == 200);
    CHECK(answer.at - begin <= loads + stops + 1s);
  }
  for (const char* model : {"a", "b", "c"}) {
    CHECK(gateway.history().counts(model, ModelState::Starting, 1));
  }
}

TEST_CASE("who comes after the first request of a model that was loaded does not wait for its end",
          "[traffic][W-10]") {
  ProcessGateway gateway({process_model("a"), process_model("b", Endless)});
  CHECK(gateway.chat("a").status == 200);
  const TestSocket first = gateway.begun_stream("b");
  const TestSocket second = gateway.begun_stream("b");
  CHECK(gateway.status("b").in_flight == 2);
}

TEST_CASE("while one model is unloaded slowly, requests of others begin and end",
          "[traffic][W-11]") {
  ModelConfig slow = process_model("slow", "--term-delay-ms 60000");
  slow.unload_timeout = 3s;
  ProcessGateway gateway(side_by_side({slow, process_model("other")}));
  CHECK(gateway.chat("other").status == 200);
  CHECK(gateway.chat("slow").status == 200);
  TestSocket unloading = gateway.client(post_to("/api/models/unload/slow"));
  REQUIRE(gateway.history().wait_for("slow", ModelState::Stopping));
  CHECK(gateway.chat("other").status == 200);
  CHECK(gateway.chat("other").status == 200);
  CHECK_FALSE(unloading.wait_readable(0ms));
  CHECK(receive_answer(unloading).status == 200);
}

TEST_CASE("a model that ignores the signal holds up a swap for its unloadTimeout and no longer",
          "[traffic][W-05]") {
  ModelConfig stubborn = process_model("a", "--ignore-term");
  stubborn.unload_timeout = 200ms;
  stubborn.health_check_timeout = 500s;
  ProcessGateway gateway({stubborn, process_model("b")});
  CHECK(gateway.chat("a").status == 200);
  const auto begin = WallClock::now();
  CHECK(gateway.chat("b").status == 200);
  CHECK(WallClock::now() - begin < 8s);
  CHECK(gateway.history().wait_for("a", ModelState::Stopped));
  CHECK(contains(gateway.processes().output("a").value(), "SIGTERM is ignored"));
}

TEST_CASE("a model that is unloaded while others make room for it is not started afterwards",
          "[traffic][W-37]") {
  ProcessGateway gateway(
      {process_model("a", "--term-delay-ms 300"), process_model("b"), process_model("c")});
  CHECK(gateway.chat("a").status == 200);
  TestSocket waiting = gateway.client(chat_with("b"));
  REQUIRE(gateway.history().wait_for("a", ModelState::Stopping));
  CHECK(gateway.unload("b").status == 200);
  CHECK(receive_answer(waiting).status == 503);
  CHECK(gateway.chat("c").status == 200);
  CHECK(gateway.history().count("b", ModelState::Starting) == 0);
  CHECK(gateway.history().becomes(
      "a starting, a ready, a draining, a stopping, a stopped, c starting, c ready"));
}

TEST_CASE("the ttl of a model that became ready without a request counts from there",
          "[traffic][W-13][W-38]") {
  constexpr auto Step = 250ms;
  std::vector<ModelConfig> models;
  for (const char* id : {"a", "b", "c", "d"}) {
    models.push_back(process_model(id, "--load-ms 500"));
    models.back().ttl = 400ms + Step * (models.size() - 1);
  }
  ProcessGateway gateway(side_by_side(models));
  for (std::size_t life = 1; life <= 2; ++life) {  // the second one has an old last use
    std::vector<TestSocket> operators;
    for (const ModelConfig& model : models) {
      operators.push_back(gateway.client(post_to("/api/models/load/" + model.id)));
    }
    std::vector<WallClock::duration> late;
    for (const ModelConfig& model : models) {
      REQUIRE(gateway.history().wait_for(model.id, ModelState::Stopped, life));
      const std::vector<ModelEvent> events = gateway.history().events();
      const auto lasted = time_of(events, model.id, ModelState::Stopping) -
                          time_of(events, model.id, ModelState::Ready);
      CHECK(lasted >= model.ttl);
      CHECK(contains(gateway.history().last_why(model.id, ModelState::Stopping),
                     "longer than its ttl"));
      late.push_back(lasted - model.ttl);
    }
    // A look each second would find one of them in time, and the others a step late each.
    std::sort(late.begin(), late.end());
    CHECK(late[2] < 2 * Step);
  }
}

TEST_CASE("clients that do not read the news of a load hold up nobody", "[traffic][W-08]") {
  ModelConfig slow = process_model("slow", "--load-ms 3000");
  slow.send_loading_state = true;
  Config config = side_by_side({slow, process_model("other")});
  config.io_threads = 1;
  ProcessGateway gateway(config);
  std::vector<TestSocket> silent;
  for (int i = 0; i < 5; ++i) {
    silent.push_back(gateway.client(stream_from("slow")));
  }
  for (const TestSocket& client : silent) {
    REQUIRE(client.wait_readable(Patience));  // and nobody reads it
  }
  CHECK(gateway.chat("other").status == 200);
  CHECK(gateway.status("slow").state == ModelState::Starting);
  CHECK(gateway.chat("slow").status == 200);
  CHECK(gateway.chat("other").status == 200);
  for (TestSocket& client : silent) {
    const ReceivedAnswer answer = receive_answer(client);
    CHECK(contains(answer.body, "loading model: slow"));
    CHECK(contains(answer.body, "[DONE]"));
  }
}

TEST_CASE("the next model starts at the exit of the one that made room", "[traffic][W-17]") {
  ProcessGateway gateway({process_model("a"), process_model("b")});
  WallClock::duration shortest = 1h;
  // Of several swaps, for the machine may have been busy with others.
  for (std::size_t round = 1; round <= 10 && shortest > 20ms; ++round) {
    CHECK(gateway.chat("a").status == 200);
    CHECK(gateway.chat("b").status == 200);
    REQUIRE(gateway.history().wait_for("b", ModelState::Ready, round));
    const std::vector<ModelEvent> events = gateway.history().events();
    shortest = std::min(shortest, time_of(events, "b", ModelState::Starting) -
                                      time_of(events, "a", ModelState::Stopped));
  }
  CHECK(shortest <= 20ms);
}

TEST_CASE("of models that exclude each other never two have memory, whatever clients do",
          "[traffic][W-30][W-31]") {
  ModelConfig sleeper = process_model("b", "--sleep-endpoints --sleep-ms 10 --load-ms 30");
  sleeper.sleep.enabled = true;
  sleeper.sleep.sleep = {{"/sleep?level=1", "POST", "", 2s}};
  sleeper.sleep.wake = {{"/wake_up", "POST", "", 2s}};
  ProcessGateway gateway({process_model("a", "--load-ms 20"), sleeper, process_model("c")});
  std::vector<std::thread> crowd;
  std::atomic<int> failed{0};
  for (int client = 0; client < 6; ++client) {
    crowd.emplace_back([&gateway, &failed, client] {
      for (int round = 0; round < 15; ++round) {
        const std::string model(1, "abc"[(client + round * round) % 3]);
        failed += gateway.chat(model).status == 200 ? 0 : 1;
      }
    });
  }
  for (std::thread& client : crowd) {
    client.join();
  }
  CHECK(failed == 0);
  std::set<std::string> in_memory;
  std::size_t most = 0;
  for (const ModelEvent& event : gateway.history().events()) {
    const bool is_out = event.to == ModelState::Stopped || event.to == ModelState::Asleep ||
                        event.to == ModelState::Failed;
    if (is_out) {
      in_memory.erase(event.model);
    } else {
      in_memory.insert(event.model);
    }
    most = std::max(most, in_memory.size());
  }
  CHECK(most == 1);
}

TEST_CASE("models that share one port are never taken for each other", "[traffic]") {
  std::vector<ModelConfig> models;
  const std::uint16_t port = process::free_port();
  for (const char* id : {"v", "w", "x", "y", "z"}) {
    ModelConfig model = process_model(id, "--load-ms 20");
    model.port = port;
    models.push_back(model);
  }
  ProcessGateway gateway(process_config(models));
  std::vector<TestSocket> clients;
  for (const ModelConfig& model : models) {
    clients.push_back(gateway.client(chat_with(model.id)));
  }
  for (std::size_t i = 0; i < models.size(); ++i) {
    const ReceivedAnswer answer = receive_answer(clients[i]);
    CHECK(answer.status == 200);
    CHECK(contains(answer.body, R"("model":")" + models[i].id + '"'));
  }
}

TEST_CASE("a client that leaves in a stream leaves its model ready for the next one", "[traffic]") {
  ProcessGateway gateway({process_model("m", Endless)});
  { const TestSocket leaving = gateway.begun_stream("m"); }
  CHECK(eventually([&gateway] { return gateway.status("m").in_flight == 0; }));
  CHECK(gateway.status("m").state == ModelState::Ready);
  const TestSocket next = gateway.begun_stream("m");
  CHECK(gateway.history().becomes("m starting, m ready"));
}

TEST_CASE("a shutdown while several models load answers all who wait for them", "[traffic]") {
  Config config =
      side_by_side({process_model("a", "--load-ms 60000"), process_model("b", "--load-ms 60000"),
                    process_model("c", "--load-ms 60000")});
  config.shutdown_timeout = 100ms;
  ProcessGateway gateway(config);
  std::vector<TestSocket> waiting;
  for (const char* model : {"a", "b", "c"}) {
    waiting.push_back(gateway.client(chat_with(model)));
    REQUIRE(gateway.history().wait_for(model, ModelState::Starting));
  }
  gateway.server().stop();
  for (TestSocket& client : waiting) {
    const ReceivedAnswer answer = receive_answer(client);
    CHECK(answer.status == 503);
    CHECK(contains(answer.body, "shutting down"));
  }
}

TEST_CASE("all who make room for a model are stopped at the same time", "[traffic][W-12]") {
  Config config = process_config({process_model("a", "--term-delay-ms 200"),
                                  process_model("b", "--term-delay-ms 200"), process_model("c")});
  GroupConfig pair;
  pair.name = "pair";
  pair.swap = false;
  pair.members = {"a", "b"};
  config.groups = {pair};
  ProcessGateway gateway(config);
  for (const char* model : {"a", "b", "c"}) {
    CHECK(gateway.chat(model).status == 200);
  }
  const std::string words = gateway.history().in_words();
  CHECK(words.find("a stopping") < words.find("b stopped"));
  CHECK(words.find("b stopping") < words.find("a stopped"));
}

TEST_CASE("who has priority is served first, until the other has waited for maxWait",
          "[traffic][W-25]") {
  const bool has_waited = GENERATE(false, true);
  ModelConfig plain = process_model("b");
  plain.max_wait = has_waited ? 1ms : 60'000ms;
  ModelConfig preferred = process_model("c");
  preferred.priority = 10;
  ProcessGateway gateway(
      {process_model("a", "--tokens 60 --tokens-per-second 100"), plain, preferred});
  TestSocket stream = gateway.begun_stream("a");
  TestSocket earlier = gateway.client(chat_with("b"));
  TestSocket later = gateway.client(chat_with("c"));
  CHECK(receive_answer(stream).complete);
  CHECK(receive_answer(earlier).status == 200);
  CHECK(receive_answer(later).status == 200);
  CHECK(gateway.history().wait_for("b", ModelState::Starting));
  CHECK(gateway.history().wait_for("c", ModelState::Starting));
  const std::string words = gateway.history().in_words();
  CHECK((words.find("b starting") < words.find("c starting")) == has_waited);
}
